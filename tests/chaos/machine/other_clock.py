"""A clock that a test sets anew while commands run by it (libfaketime); seconds that go by are the real ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_LIBRARY = "faketime/libfaketimeMT.so.1"


class Clock:
    """The clock of all commands that are run with its variables."""

    def __init__(self, folder: Path) -> None:
        found = [*Path("/usr/lib").glob(f"*/{_LIBRARY}"), *Path("/usr/lib").glob(_LIBRARY)]
        if not found:
            pytest.skip("libfaketime is not installed (apt install faketime)")
        self._file = folder / "clock"
        self.set(0)
        self.variables = {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # which no clock that is set anew touches either
            "NO_FAKE_STAT": "1",  # files keep the times that they were written at
        }

    def set(self, seconds: int) -> None:
        """Have it be so many seconds later than it is, or earlier."""
        part = self._file.with_name("clock.part")
        part.write_text(f"{seconds:+d}s\n")
        os.replace(part, self._file)
