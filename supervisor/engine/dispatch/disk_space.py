"""The room on the disk where sessions work."""

from __future__ import annotations

import os
from pathlib import Path

_FEWEST_FILES = 100

_MIB = 1024 * 1024


class DiskSpace:
    """The room on the disk where sessions work; where it is short, agents fail for no fault of theirs."""

    def __init__(self, folder: Path, least_bytes: int) -> None:
        self._folder = folder
        self._least_bytes = least_bytes

    def shortage(self) -> str | None:
        """What the disk is short of, in words; None where there is enough."""
        disk = os.statvfs(self._folder)
        free = disk.f_bavail * disk.f_frsize
        if free < self._least_bytes:
            return f"less than {self._least_bytes / _MIB:.3g} MiB free on the disk of {self._folder}"
        if disk.f_files and disk.f_favail < _FEWEST_FILES:
            return f"room for less than {_FEWEST_FILES} more files on the disk of {self._folder}"
        return None
