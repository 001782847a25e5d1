"""A session's limits as the system's own, which each process of it inherits."""

from __future__ import annotations

import math
import os

from supervisor.model.isolation import Limits


def resource_limits(limits: Limits, *, grouped: bool) -> dict[str, int]:
    """Names in `resource` to their values (getrlimit(2)); `grouped`: a control group counts memory and processes.

    Memory is the data segment (what a process can write to), not the address space: Node and others reserve far more
    addresses than they use. The system counts processes by user and exempts root, so that without a group the limit of
    processes holds for ordinary users only, together with all else that they run.
    """
    found: dict[str, int] = {}
    if limits.memory and not grouped:
        found["RLIMIT_DATA"] = limits.memory
    if limits.processes and not grouped and os.getuid() != 0:
        found["RLIMIT_NPROC"] = limits.processes
    if limits.open_files:
        found["RLIMIT_NOFILE"] = limits.open_files
    if limits.file_size:
        found["RLIMIT_FSIZE"] = limits.file_size
    if limits.cpu:
        found["RLIMIT_CPU"] = max(1, math.ceil(limits.cpu))
    return found
