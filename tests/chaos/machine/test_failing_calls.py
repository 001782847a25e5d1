"""System calls that fail: the work pauses and goes on, or stops and the same command completes it."""

from __future__ import annotations

import random

import pytest

from tests.chaos.machine.faulty_calls import Fault
from tests.chaos.machine.trial import suffer, suffer_in_daemon
from tests.chaos.machine.undisturbed import Calm
from tests.support.scripted_project import Small

_DISK = ("ENOSPC", "EIO", "EROFS", "EDQUOT")
_ERRORS: dict[str, tuple[str, ...]] = {
    "write": _DISK,
    "pwrite64": _DISK,
    "fsync": ("EIO", "ENOSPC", "EDQUOT"),
    "fdatasync": ("EIO", "ENOSPC"),
    "ftruncate": ("EIO", "ENOSPC"),
    "rename": (*_DISK, "EACCES"),
    "mkdir": (*_DISK, "EACCES"),
    "unlink": ("EIO", "EROFS", "EACCES"),
    "openat": (*_DISK, "EACCES", "EMFILE", "ENFILE", "ENOMEM"),
    "mmap": ("ENOMEM",),
    "clone3": ("EAGAIN", "ENOMEM"),
    "vfork": ("EAGAIN", "ENOMEM"),
    "fcntl": ("ENOLCK", "EIO"),
    "execve": ("EACCES", "ENOMEM", "EIO"),
}
"""The calls, and what is wrong with the machine that they may tell."""
_POINTS = {"write": 7, "pwrite64": 10, "fsync": 6, "fdatasync": 6, "rename": 6, "mkdir": 6, "openat": 11, "clone3": 4}
_FEW_POINTS = 2
_TIMES: dict[str, tuple[int | None, ...]] = {"write": (1,)}
"""How many calls fail, None for all; of these some go to pipes, and a disk that is full or fails has none."""
_USUAL_TIMES = (1, 1, 3, None)
_LOADED = 0.15
"""Where in the run Python has loaded what it needs: who cannot open its own files has no message of its own."""
_PROGRAMS = ("clone3", "execve")
"""Calls that are looked at in the processes that start sessions too."""


def _points() -> list[tuple[str, str, float, int | None]]:
    """Call, error, where in the run, and how often: always the same ones, spread over all of the run."""
    chosen = random.Random(4)
    return [
        (call, chosen.choice(errors), (number + chosen.random()) / count, chosen.choice(_TIMES.get(call, _USUAL_TIMES)))
        for call, errors in _ERRORS.items()
        for number, count in ((n, _POINTS.get(call, _FEW_POINTS)) for n in range(_POINTS.get(call, _FEW_POINTS)))
    ]


@pytest.mark.parametrize(
    ("call", "error", "share", "count"),
    [pytest.param(*each, id=f"{each[1]}-from-{each[0]}-at-{each[2]:.0%}-{each[3] or 'all'}") for each in _points()],
)
def test_a_run_survives(
    call: str, error: str, share: float, count: int | None, calm: Calm, three_phases: Small, figures: dict[str, int]
) -> None:
    numbers = calm.numbers(call)
    if call == "openat":
        share = _LOADED + (1 - _LOADED) * share
    fault = Fault(call, error, numbers[int(share * len(numbers))], count, programs=call in _PROGRAMS)
    came = suffer(three_phases, fault, calm.main_files)
    figures |= {"runs": 1, "faults": came.injected, "waited": came.waited, "stopped": came.status != 0}
    figures["wrong"] = len(came.wrong)
    assert not came.wrong, f"{fault}\n" + "\n".join(came.wrong)


_OF_THE_DAEMON = [
    ("pwrite64", "ENOSPC", 0.45, None),
    ("fdatasync", "EIO", 0.6, 1),
    ("fsync", "EIO", 0.5, None),
    ("rename", "EROFS", 0.3, 1),
    ("mkdir", "EACCES", 0.6, None),
    ("openat", "EMFILE", 0.4, 3),
    ("vfork", "EAGAIN", 0.4, None),
]


@pytest.mark.parametrize(
    ("call", "error", "share", "count"),
    [
        pytest.param(*each, id=f"{each[1]}-from-{each[0]}-at-{each[2]:.0%}-{each[3] or 'all'}")
        for each in _OF_THE_DAEMON
    ],
)
def test_a_daemon_survives(
    call: str, error: str, share: float, count: int | None, calm: Calm, three_phases: Small, figures: dict[str, int]
) -> None:
    numbers = calm.numbers(call)
    fault = Fault(call, error, numbers[int(share * len(numbers))], count)
    came = suffer_in_daemon(three_phases, fault, calm.main_files)
    figures |= {"runs": 1, "faults": came.injected, "waited": came.waited, "stopped": came.status != 0}
    figures["wrong"] = len(came.wrong)
    assert not came.wrong, f"{fault}\n" + "\n".join(came.wrong)


@pytest.mark.parametrize("error", ["EAGAIN", "ENOMEM"])
def test_sessions_with_limits_which_are_forked_start_later_where_no_process_can_be_had(
    error: str, calm: Calm, three_phases: Small, figures: dict[str, int]
) -> None:
    settings = three_phases.root / "supervisor.toml"
    settings.write_text(f"{settings.read_text()}\n[limits]\ncpu = 600\n")
    came = suffer(three_phases, Fault("clone", error, 1, 2, programs=True), calm.main_files, failures=2)
    figures |= {"runs": 1, "faults": came.injected, "stopped": came.status != 0, "wrong": len(came.wrong)}
    assert not came.wrong and came.status == 0 and came.injected == 2


@pytest.mark.parametrize("error", ["ENOSPC", "EMFILE", "EIO"])
def test_sessions_start_later_where_no_terminal_can_be_had(
    error: str, calm: Calm, three_phases: Small, figures: dict[str, int]
) -> None:
    fault = Fault("openat", error, 1, 2, only="/dev/ptmx", programs=True)
    came = suffer(three_phases, fault, calm.main_files, failures=2)
    figures |= {"runs": 1, "faults": came.injected, "stopped": came.status != 0, "wrong": len(came.wrong)}
    assert not came.wrong and came.status == 0 and came.injected == 2
