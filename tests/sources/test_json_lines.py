"""JSON Lines are read row by row: what comes later is not waited for."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from supervisor.sources.json_source import JsonSource


def test_a_row_is_given_before_the_next_one_is_there(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    os.mkfifo(path)
    first_is_given = threading.Event()
    waited: list[bool] = []

    def write() -> None:
        with open(path, "wb", buffering=0) as file:
            file.write(b'{"id": "a"}\n')
            waited.append(first_is_given.wait(timeout=60))
            file.write(b'{"id": "b"}\n')

    writer = threading.Thread(target=write)
    writer.start()
    items = JsonSource(path, "rows.jsonl", 1).items()
    assert next(items).id == "a"
    first_is_given.set()
    assert [(item.id, item.place) for item in items] == [("b", "line 2")]
    writer.join()
    assert waited == [True]
