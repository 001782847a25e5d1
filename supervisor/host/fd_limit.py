"""Open files of this process: how many it may have, what takes them, and the limit that its sessions get."""

from __future__ import annotations

import contextlib
import resource

INHERITED = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
"""The soft limit that this process was started with."""
OWN = 28
"""Files that the supervisor itself opens, with those of one job and of the calls of a moment."""
OF_A_SESSION = 2
"""Its terminal and its transcript."""
OF_A_JOB = 4
"""Its log, as lines and as JSON, its connection to the store, and the store's log."""
_PLENTY = 1 << 31


def hard_limit() -> int:
    """How many this process may open at most."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return _PLENTY if hard == resource.RLIM_INFINITY else hard


def needed(sessions: int, jobs: int = 1) -> int:
    """How many are opened for so many sessions of so many jobs at once."""
    return OWN + OF_A_SESSION * sessions + OF_A_JOB * (jobs - 1)


def fit_jobs(most: int, sessions: int) -> int:
    """How many jobs at once, up to `most`, leave room for so many sessions together; room is made for both."""
    jobs = max(1, min(most, 1 + (hard_limit() - needed(sessions)) // OF_A_JOB))
    raise_limit(needed(sessions, jobs))
    return jobs


def raise_limit(files: int) -> None:
    """Let this process open so many files, as far as its hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= files:
        return
    # No higher than is needed: programs that look at every number up to the limit take long with a million of them.
    wanted = files if hard == resource.RLIM_INFINITY else min(files, hard)
    with contextlib.suppress(OSError, ValueError):  # macOS allows less than it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def set_soft_limit(files: int) -> None:
    """Set the soft limit, for a process that becomes a session's."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
