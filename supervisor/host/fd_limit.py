"""The limit of open files: raised for this process as its sessions need, and as it was before for the sessions."""

from __future__ import annotations

import contextlib
import resource

INHERITED = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
"""The soft limit that this process was started with."""


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
