"""Opening a store: made where there is none, also where a loss of power left a file of zeros."""

from __future__ import annotations

from pathlib import Path

import pytest

from supervisor.errors import StoreError
from supervisor.store.database import SCHEMA_VERSION, open_store


@pytest.mark.parametrize("left", [b"", bytes(4096), bytes(100_000)])
def test_where_nothing_was_written_it_is_made(tmp_path: Path, left: bytes) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(left)
    database = open_store(path, create=True)
    assert database.value("PRAGMA user_version") == SCHEMA_VERSION
    database.close()


def test_a_file_that_holds_anything_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(bytes(4096) + b"a")
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(path, create=True)
    assert path.read_bytes() == bytes(4096) + b"a"
