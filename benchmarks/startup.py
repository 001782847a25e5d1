"""What the command costs before it does anything: its help and its version, next to a bare interpreter and to the help
of what people use instead."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import peers
from benchmarks.cost import Cost, run
from benchmarks.figures import options, save, spread, table
from benchmarks.scratch import SUPERVISOR, scratch_folder

LIMIT = "python -c pass"
OURS = "supervisor --help"
AIM = 3.0


def main(argv: Sequence[str] | None = None) -> None:
    asked = _options().parse_args(argv)
    commands = {
        LIMIT: [sys.executable, "-c", "pass"],
        OURS: [*SUPERVISOR, "--help"],
        "supervisor --version": [*SUPERVISOR, "--version"],
        "supervisor run --help": [*SUPERVISOR, "run", "--help"],
        **(_of_peers() if asked.peers else {}),
    }
    folder = scratch_folder()
    folder.mkdir()
    taken: dict[str, list[Cost]] = {name: [] for name in commands}
    for turn in range(asked.repeat + 1):
        for name, words in commands.items():
            cost = run(words, folder / "log", folder=folder, environment=peers.ENVIRONMENT)
            taken[name] += [cost] if turn else []  # the first time is for the disk's cache
    rows: list[dict[str, Any]] = []
    for name, costs in taken.items():
        each = [1000 * cost.cpu_s for cost in costs]
        rows.append(
            {
                "command": name,
                "cpu_ms": median(each),
                "cpu_ms_each": each,
                "wall_ms": 1000 * median(cost.wall_s for cost in costs),
                "cpu_ratio": median(each) / median(1000 * cost.cpu_s for cost in taken[LIMIT]),
                "wall_ratio": median(c.wall_s for c in costs) / median(c.wall_s for c in taken[LIMIT]),
            }
        )
    left_out = peers.left_out() if asked.peers else {"the peers": "not asked for"}
    table(
        f"Start-up, milliseconds, median of {asked.repeat} (aim: {OURS} below {AIM:g} times {LIMIT})",
        ["command", "CPU", "lowest..highest", "ratio", "wall", "ratio"],
        [
            [
                row["command"],
                f"{row['cpu_ms']:.1f}",
                spread(row["cpu_ms_each"]),
                f"{row['cpu_ratio']:.2f}",
                f"{row['wall_ms']:.1f}",
                f"{row['wall_ratio']:.2f}",
            ]
            for row in rows
        ],
        "\n".join(f"Left out: {name}: {why}." for name, why in left_out.items()),
    )
    save("startup", asked.results, {"repeat": asked.repeat, "aim": AIM, "left_out": left_out, "rows": rows})


def _of_peers() -> dict[str, list[str]]:
    commands = {"GNU parallel": ["parallel", "--help"], "make -j": ["make", "--help"]}
    for name, program in (("Snakemake", "snakemake"), ("Luigi", "luigi"), ("Prefect", "prefect"), ("Dask", "dask")):
        commands[name] = [str(Path(peers.PYTHON).with_name(program)), "--help"]
    left_out = peers.left_out()
    return {f"{Path(words[0]).name} --help": words for name, words in commands.items() if name not in left_out}


def _options() -> argparse.ArgumentParser:
    parser = options(__doc__)
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    return parser


if __name__ == "__main__":
    main()
