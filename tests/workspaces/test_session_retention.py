"""Which folders of sessions are deleted when the machine does not let one of them be."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from typing import Any

import pytest

from supervisor.store.tables import attempts
from supervisor.workspaces.empty_folder import EmptyFolderProvider
from supervisor.workspaces.session_retention import SessionRetention


class _Refusing(EmptyFolderProvider):
    def remove(self, session: str) -> bool:
        if session == "first":
            raise PermissionError(errno.EACCES, "not allowed", session)
        return super().remove(session)


def test_a_folder_that_cannot_be_deleted_keeps_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expired = ["first", "second"]
    for name in expired:
        (tmp_path / name / "home").mkdir(parents=True)
    monkeypatch.setattr(attempts, "expired", lambda *_: [*expired])
    monkeypatch.setattr(attempts, "forget_files", lambda _, names: [expired.remove(name) for name in names])
    database: Any = None
    asyncio.run(SessionRetention(_Refusing(tmp_path), database, 0.0, lambda: 0.0).delete_expired())
    assert [path.name for path in tmp_path.iterdir()] == ["first"]
