"""Which folders of sessions are deleted where the machine does not let some of them be, and which are tried again."""

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
    refuses = True

    def remove(self, session: str) -> bool:
        if self.refuses and session == "raises":
            raise PermissionError(errno.EACCES, "not allowed", session)
        return not (self.refuses and session == "stays") and super().remove(session)


def test_a_folder_that_cannot_be_deleted_keeps_no_other_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expired = ["raises", "stays", "goes"]
    for name in expired:
        (tmp_path / name / "home").mkdir(parents=True)
    monkeypatch.setattr(attempts, "expired", lambda *_: [*expired])
    monkeypatch.setattr(attempts, "forget_files", lambda _, names: [expired.remove(name) for name in names])
    database: Any = None
    provider = _Refusing(tmp_path)
    retention = SessionRetention(provider, database, 0.0, lambda: 0.0)
    asyncio.run(retention.delete_expired())
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(expired) == ["raises", "stays"]
    provider.refuses = False
    asyncio.run(retention.delete_expired())
    assert expired == list(tmp_path.iterdir()) == []
