"""The same agent on the same work, started by what people use instead; each with its own defaults.

None of these gives a session a terminal, looks at its output, or syncs a result to the disk.
"""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".bench-peers" / "bin" / "python"
"""Of the environment that `make bench-peers` makes."""
ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "PREFECT_HOME": "prefect",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "RAY_AUTH_MODE": "disabled",
    "RAY_USAGE_STATS_ENABLED": "0",
    "XDG_CACHE_HOME": "cache",
}


class Work(NamedTuple):
    """What a peer has to do: one call of `agent ANSWERS OUTPUT` for each output, `jobs` at once."""

    folder: Path
    outputs: Path
    """File with one output's path on each line."""
    agent: Path
    answers: Path
    jobs: int


class Peer(NamedTuple):
    """One program that can do the work."""

    name: str
    words: Sequence[str]
    """Command line; `{outputs}`, `{jobs}`, `{agent}`, `{answers}` and `{here}` stand in it."""
    package: str = ""
    """The Python distribution that it comes from; empty for a program of the system."""
    most: int = 10_000
    """Batches that it is given at most, since it takes long for each."""

    resumes: int = 0
    """How many batches may be done when it is asked to do the one that is left; 0: it does not resume."""

    def command(self, work: Work) -> list[str]:
        """The command line for this work."""
        values = {name: str(value) for name, value in work._asdict().items()} | {"here": str(HERE)}
        begin = [str(PYTHON)] if self.package else []
        return begin + [word.format(**values) for word in self.words]

    def missing(self) -> str | None:
        """Why it cannot run here; None where it can."""
        if self.package:
            return None if self.package in _installed() else "not installed; `make bench-peers` installs it"
        program = self.words[0]
        return None if shutil.which(program) else f"`{program}` is not installed"


def _tasks(name: str) -> list[str]:
    return [f"{{here}}/{name}_tasks.py", "{outputs}", "{jobs}", "{agent}", "{answers}"]


_AGENT = ["{agent}", "{answers}", "{{}}"]
PEERS = [
    Peer("xargs -P", ["xargs", "-P", "{jobs}", "-I", "{{}}", "-a", "{outputs}", *_AGENT]),
    Peer("GNU parallel", ["parallel", "-j{jobs}", "--joblog", "{folder}/joblog", "--resume", "-a", "{outputs}",
        *_AGENT], resumes=100_000),
    Peer("make -j", ["make", "-s", "-j{jobs}", "-f", "{here}/Makefile", "WORK={outputs}", "AGENT={agent}",
        "ANSWERS={answers}"], resumes=100_000),
    Peer("Snakemake", ["-m", "snakemake", "-s", "{here}/Snakefile", "-c{jobs}", "-q", "all", "--directory", "{folder}",
        "--config", "work={outputs}", "agent={agent}", "answers={answers}"], "snakemake", most=200, resumes=1000),
    Peer("Luigi", _tasks("luigi"), "luigi", most=300, resumes=1000),
    Peer("Prefect", _tasks("prefect"), "prefect", most=100),
    Peer("Ray", _tasks("ray"), "ray", most=1000),
    Peer("Dask", _tasks("dask"), "distributed", most=1000),
    Peer("huey on SQLite", _tasks("huey"), "huey", most=1000),
]  # fmt: skip


def versions() -> dict[str, str]:
    """Name of each peer that can run here to its version."""
    found = {}
    for peer in PEERS:
        if peer.missing() is None:
            found[peer.name] = _installed()[peer.package] if peer.package else _first_line(peer.words[0])
    return found


def has(package: str) -> bool:
    """Whether the peers' environment has a distribution."""
    return package in _installed()


def left_out() -> dict[str, str]:
    """Name of each peer that cannot run here, and why."""
    return {peer.name: reason for peer in PEERS if (reason := peer.missing()) is not None}


_LIST = """
import json
from importlib.metadata import distributions
print(json.dumps({found.name.lower(): found.version for found in distributions()}))
"""


@functools.cache
def _installed() -> dict[str, str]:
    """Distribution to version, of the peers' own environment."""
    if not PYTHON.exists():
        return {}
    ran = subprocess.run([PYTHON, "-c", _LIST], capture_output=True, text=True, check=True)
    return dict(json.loads(ran.stdout))


@functools.cache
def _first_line(program: str) -> str:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    return said.splitlines()[0] if said else "?"
