"""What figures depend on: the machine, and the versions of everything that was measured."""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.cpu_group import own_group

OWN = ("phase-supervisor", "pydantic", "pexpect", "loguru", "filelock", "asyncinotify")


def machine() -> dict[str, Any]:
    """The machine block that stands in every result."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _first_line_with("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": os.cpu_count(),
        "memory_mb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6),
        "load": [round(load, 2) for load in os.getloadavg()],
        "cpu_counted_by": "control group" if own_group() else "waiting for children",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "versions": {name: version(name) for name in OWN},
        "peers": peers.versions(),
    }


def one_line(found: dict[str, Any]) -> str:
    """The machine as the head of what is printed."""
    return (
        f"{found['processor']}, {found['cores']} cores, {found['memory_mb'] / 1000:.0f} GB, {found['system']},"
        f" Python {found['python']}, SQLite {found['sqlite']}, load {found['load'][0]}"
    )


def _first_line_with(path: str, name: str) -> str:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
