"""The physical limit of a session: fork and exec of the agent under a terminal of its own, read to its end, waited for.

    python limit.py METHOD JOBS OUTPUTS AGENT ANSWERS

Small processes, JOBS of them, each start their part of the agents one after the other. `METHOD` is `pexpect`, without
its delays, or `forkpty`, the system call alone.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable

import pexpect


def by_forkpty(argv: list[str]) -> int:
    """Start a program, read what it prints, and wait for it; its exit status."""
    pid, terminal = os.forkpty()
    if pid == 0:
        try:
            os.execv(argv[0], argv)
        finally:
            os._exit(127)
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:  # how a terminal without processes reads on Linux
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def by_pexpect(argv: list[str]) -> int:
    """The same with pexpect, as fast as it goes."""
    child = pexpect.spawn(argv[0], argv[1:], timeout=None)
    child.delayafterread = None
    child.ptyproc.delayafterclose = 0
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    return child.exitstatus or 0


METHODS: dict[str, Callable[[list[str]], int]] = {"pexpect": by_pexpect, "forkpty": by_forkpty}


def main() -> None:
    method, jobs, work, agent, answers = sys.argv[1:]
    with open(work) as file:
        outputs = file.read().split()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))  # pexpect closes all that could be open
    parts = [_part(METHODS[method], outputs[n :: int(jobs)], agent, answers) for n in range(int(jobs))]
    sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in parts))


def _part(start: Callable[[list[str]], int], outputs: list[str], agent: str, answers: str) -> int:
    pid = os.fork()
    if pid == 0:
        failed = 1
        try:
            failed = max((start([agent, answers, output]) for output in outputs), default=0)
        finally:
            os._exit(failed)
    return pid


if __name__ == "__main__":
    main()
