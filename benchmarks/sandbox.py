"""What each level of isolation adds to the start of a session: CPU of a process that does nothing, and of putting its
arguments together."""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.figures import options, save, spread, table
from supervisor.errors import AgentError
from supervisor.executors.local.sandbox.bubblewrap import bubblewrapped
from supervisor.executors.local.sandbox.landlock_paths import landlocked
from supervisor.executors.local.sandbox.sandbox_level import level_for
from supervisor.executors.local.terminal.pty_process import start
from supervisor.model.isolation import Isolation, Level
from supervisor.workspaces.session_paths import SessionPaths

LEVELS: tuple[Level, ...] = ("workspace", "landlock", "bubblewrap")
_FILES = 1024
"""Open files that a session may have."""
_PROGRAM = ["/bin/true"]


class _Words(NamedTuple):
    """What a process is started with."""

    argv: list[str]
    allowed: dict[str, list[str]] | None = None


class _Taken(NamedTuple):
    """Of one start, in milliseconds."""

    arguments: float
    cpu: float
    wall: float


def main(argv: Sequence[str] | None = None) -> None:
    asked = _options().parse_args(argv)
    left_out = {level: why for level in LEVELS if (why := missing(level)) is not None}
    taken: dict[str, list[_Taken]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        paths = _session(Path(folder).resolve())
        makers = {level: _maker(level, paths) for level in LEVELS if level not in left_out}
        for turn in range(asked.repeat + 1):
            for level, maker in makers.items():
                figures = _start_many(maker, paths, asked.sessions)
                taken.setdefault(level, []).extend([figures] if turn else [])  # the first is for the disk's cache
    plain = median(each.cpu for each in taken["workspace"])
    rows = [
        {
            "level": level,
            "cpu_ms": median(each.cpu for each in figures),
            "cpu_ms_each": [each.cpu for each in figures],
            "beside_none_ms": median(each.cpu for each in figures) - plain,
            "arguments_ms": median(each.arguments for each in figures),
            "wall_ms": median(each.wall for each in figures),
        }
        for level, figures in taken.items()
    ]
    table(
        f"Start of a process that does nothing, milliseconds, median of {asked.repeat} times {asked.sessions}",
        ["level", "CPU", "lowest..highest", "beside none", "its arguments", "wall"],
        [
            [
                row["level"],
                f"{row['cpu_ms']:.2f}",
                spread(row["cpu_ms_each"], 2),
                f"{row['beside_none_ms']:.2f}",
                f"{row['arguments_ms']:.2f}",
                f"{row['wall_ms']:.2f}",
            ]
            for row in rows
        ],
        "\n".join(f"left out: {level}: {why}" for level, why in left_out.items()),
    )
    save(
        "sandbox",
        asked.results,
        {"sessions": asked.sessions, "repeat": asked.repeat, "left_out": left_out, "rows": rows},
    )


def _options() -> argparse.ArgumentParser:
    parser = options(__doc__)
    parser.add_argument("--sessions", type=int, default=200, help="processes started in a turn")
    parser.add_argument("--repeat", type=int, default=5, help="turns")
    return parser


def missing(level: Level) -> str | None:
    """Why sessions of a level cannot be started on this machine."""
    try:
        level_for(Isolation(sandbox=level))
    except AgentError as error:
        return error.what
    return None


def _maker(level: Level, paths: SessionPaths) -> Callable[[], _Words]:
    """Puts together what a session of that level is started with."""
    environment = {"PATH": os.environ.get("PATH", os.defpath)}
    return {
        "workspace": lambda: _Words(_PROGRAM),
        "landlock": lambda: _Words(_PROGRAM, landlocked(_PROGRAM, environment, paths, [], [])),
        "bubblewrap": lambda: _Words(bubblewrapped(_PROGRAM, environment, paths, [], [], "on")),
    }[level]


def _start_many(make: Callable[[], _Words], paths: SessionPaths, count: int) -> _Taken:
    environment = {"PATH": os.environ.get("PATH", os.defpath)}
    began, before, arguments_s = time.perf_counter(), _cpu_s(), 0.0
    for _ in range(count):
        making = time.process_time()
        words = make()
        arguments_s += time.process_time() - making
        pid, terminal = start(
            words.argv,
            environment,
            str(paths.workspace),
            stdin=None,
            limits={},
            groups=[],
            files=_FILES,
            allowed=words.allowed,
        )
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        if status:
            raise RuntimeError(f"{' '.join(words.argv[:3])} … ended with {os.waitstatus_to_exitcode(status)}")
    each = 1000 / count
    return _Taken(arguments_s * each, (_cpu_s() - before) * each, (time.perf_counter() - began) * each)


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _session(folder: Path) -> SessionPaths:
    """The folders of a session, as an executor makes them."""
    workspace, home = folder / "session" / "workspace", folder / "session" / "home"
    workspace.mkdir(parents=True)
    (home / "tmp").mkdir(parents=True)
    return SessionPaths(
        project=folder,
        workspace=workspace,
        home=home,
        prompt_file=workspace / "prompt.md",
        input_file=workspace / "input.json",
        output_file=workspace / "output.json",
    )


if __name__ == "__main__":
    main()
