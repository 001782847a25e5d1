"""A run that nothing disturbs: what it makes, and which calls it makes on the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.chaos.machine.faulty_calls import counting, numbers
from tests.chaos.machine.three_phases import lay_out, main_files
from tests.chaos.machine.trial import RUN, environment
from tests.support.project_folder import Running

_ABOUT_FILES = (
    *("fcntl", "write", "pwrite64", "fsync", "fdatasync", "rename", "mkdir", "unlink", "ftruncate", "openat", "mmap"),
)
_STARTING = ("clone3", "vfork", "execve")


class Calm(NamedTuple):
    """What came of it."""

    main_files: dict[str, bytes]
    logs: Sequence[Path]
    root: Path

    def numbers(self, call: str) -> list[int]:
        """The numbers of the calls of that name that have to do with the project, in their threads."""
        about = "" if call in _STARTING else f'"{self.root}' if call == "openat" else str(self.root)
        return sorted({n for log in self.logs for n in numbers(log, call, about, of_first=call == "openat")})


def run_undisturbed(folder: Path) -> Calm:
    """Run the small pipeline twice: once with its own calls written down, once with those of its programs."""
    root, again = folder / "project", folder / "again"
    made = _made(root, counting(root / ".calls", (*_ABOUT_FILES, "vfork")))
    assert made == _made(again, counting(again / ".calls", ("clone3", "execve"), programs=True))
    return Calm(made, (root / ".calls", again / ".calls"), root)


def _made(root: Path, tracer: list[str]) -> dict[str, bytes]:
    project = lay_out(root)
    run = Running([*tracer, *RUN], project.root, environment(project))
    assert run.end() == 0, run.err
    return main_files(project)
