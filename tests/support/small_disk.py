"""A disk of its own, of a few megabytes in memory, that a test fills."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A tmpfs with these options at `folder`; skips the test where this user may not mount one."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path: Path, *, leave: int = 0) -> None:
    """Write a file until the disk is full, then let go of the last `leave` bytes."""
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while file.write(b"\0" * size) == size:
                    pass
        file.truncate(max(0, file.tell() - leave))


def use_up_files(folder: Path, *, leave: int = 0) -> None:
    """Make files until no more than `leave` can be made."""
    folder.mkdir()
    made: list[Path] = []
    with contextlib.suppress(OSError):
        while True:
            made.append(folder / str(len(made)))
            made[-1].touch()
    for path in made[len(made) - 1 - leave :]:
        path.unlink(missing_ok=True)
