"""Has chosen system calls of a command fail, by strace, until the tracer is ended."""

from __future__ import annotations

import os
import re
import signal
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_TRACER = ("strace", "--daemonize", "--follow-forks", "-y", "--signal=none", "--quiet=all")
"""As a grandchild, so that the command is the test's own child and outlives its tracer."""
_ALONE = "--detach-on=execve"
"""The programs that the command starts (agents, validators) are left alone: the machine fails the supervisor."""
_CALL = re.compile(r"(\d+) +(\w+)\((.*)")


class Fault(NamedTuple):
    """What fails: in every thread the calls of one name from a number on."""

    call: str
    error: str
    first: int
    count: int | None = 1
    """None: all that follow."""
    only: str | None = None
    """Only those of this file."""
    programs: bool = False
    """Whether the calls of started programs fail too."""

    def __str__(self) -> str:
        many = "all that follow" if self.count is None else f"{self.count} in all"
        return f"{self.error} from {self.call} {self.first}, {many}"

    def tracer(self, log: Path) -> list[str]:
        """The words before a command whose calls are to fail."""
        call = f"?{self.call}"
        last = "+" if self.count is None else f"..{self.first + self.count - 1}"
        words = [*_TRACER, f"--output={log}", f"--trace={call}"]
        words += [] if self.programs else [_ALONE]
        words += [] if self.only is None else [f"--trace-path={self.only}"]
        return [*words, f"--inject={call}:error={self.error}:when={self.first}{last}", "--"]


def counting(log: Path, calls: Sequence[str], *, programs: bool = False) -> list[str]:
    """The words before a command whose calls are to be written down."""
    words = [*_TRACER, f"--output={log}", "--trace=" + ",".join(f"?{call}" for call in calls)]
    return [*words, *([] if programs else [_ALONE]), "--"]


def slowed(log: Path, calls: str, delay_s: float) -> list[str]:
    """The words before a command each of whose calls is to take so much longer."""
    inject = f"--inject={calls}:delay_enter={int(delay_s * 1_000_000)}"
    return [*_TRACER, _ALONE, f"--output={log}", f"--trace={calls}", inject, "--"]


def injected(log: Path) -> int:
    """How many calls failed because they were made to."""
    return log.read_text(encoding="utf-8", errors="replace").count("(INJECTED)") if log.exists() else 0


def numbers(log: Path, call: str, about: str, *, of_first: bool) -> list[int]:
    """The numbers, among all calls of that name that its thread made, of those with a text in their arguments;
    `of_first`: only those of the first thread, whose beginning is Python's own."""
    made: dict[str, int] = defaultdict(int)
    found: dict[str, list[int]] = defaultdict(list)
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        parts = _CALL.match(line)
        if parts is None or parts[2] != call:
            continue
        made[parts[1]] += 1
        if of_first and parts[1] != next(iter(made)):
            continue
        if about in parts[3]:
            found[parts[1]].append(made[parts[1]])
    return sorted({number for each in found.values() for number in each})


def end_tracer(pid: int) -> None:
    """End the tracer of a process, so that nothing fails any more; the process goes on."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except FileNotFoundError:
        return
    found = re.search(r"TracerPid:\s+(\d+)", status)
    if found is not None and int(found[1]):
        os.kill(int(found[1]), signal.SIGKILL)
