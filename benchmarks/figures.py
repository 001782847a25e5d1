"""How figures are shown and kept: tables on the terminal, JSON in benchmarks/results/."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> None:
    """Print a table; the first column is text, the others are numbers."""
    widths = [max(len(line[column]) for line in (heads, *rows)) for column in range(len(heads))]
    print(f"\n{title}\n")
    for line in (heads, ["-" * width for width in widths], *rows):
        first, *others = zip(line, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
        print("  " + "  ".join(cells).rstrip())
    if note:
        print("\n  " + note.replace("\n", "\n  "))
    print(flush=True)


def save(name: str, figures: dict[str, Any]) -> None:
    """Write a benchmark's figures, with the machine they were taken on."""
    RESULTS.mkdir(exist_ok=True)
    taken = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    text = json.dumps({"benchmark": name, "taken": taken, "machine": machine(), **figures}, indent=2)
    (RESULTS / f"{name}.json").write_text(text + "\n")


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "parallel": _parallel(),
        **{name: version(name) for name in ("phase-supervisor", "pydantic", "pexpect", "loguru", "filelock")},
    }


def spread(values: Sequence[float], digits: int = 1) -> str:
    """`lowest..highest`."""
    return f"{min(values):.{digits}f}..{max(values):.{digits}f}"


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least `part` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered), -int(-len(ordered) * part // 1)) - 1)]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _parallel() -> str | None:
    if shutil.which("parallel") is None:
        return None
    said = subprocess.run(["parallel", "--version"], capture_output=True, text=True, check=False).stdout
    return said.splitlines()[0] if said else None
