"""How figures are asked for, shown and kept: options, tables on the terminal, JSON in benchmarks/results/."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import machine, one_line

RESULTS = Path(__file__).parent / "results"


def options(doc: str | None) -> argparse.ArgumentParser:
    """A parser with the option that all benchmarks have."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON")
    return parser


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


def save(name: str, results: Path, figures: dict[str, Any]) -> None:
    """Write a benchmark's figures, with the machine that they were taken on, and say where."""
    results.mkdir(parents=True, exist_ok=True)
    taken = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    found = machine()
    path = results / f"{name}.json"
    path.write_text(json.dumps({"benchmark": name, "taken": taken, "machine": found, **figures}, indent=2) + "\n")
    print(f"  {one_line(found)}\n  {path}\n", flush=True)


def spread(values: Sequence[float], digits: int = 1) -> str:
    """`lowest..highest`."""
    return f"{min(values):.{digits}f}..{max(values):.{digits}f}"


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least `part` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered), -int(-len(ordered) * part // 1)) - 1)]


def either(value: float | None, form: str = ".1f") -> str:
    """A figure, or that there is none: the system does not tell it, or what it is a ratio to was nothing."""
    return "?" if value is None else format(value, form)
