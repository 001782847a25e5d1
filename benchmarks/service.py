"""The job service under load: submissions at a steady rate, many listeners, what they cost the supervising beside."""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any, NamedTuple

import psutil

from benchmarks import service_load
from benchmarks.figures import options, percentile, save, spread, table
from benchmarks.process_tree import activity
from benchmarks.scratch import SUPERVISOR, TARGET, PhasePlan, Scratch, clean_environment, scratch_folder
from supervisor.lifecycle import daemon
from supervisor.model.job import JobOptions
from supervisor.project.pinned_definitions import definition_of
from supervisor.project.pipeline_loader import load_pipeline
from supervisor.project.project import Project, find_project
from supervisor.store.database import Database, open_store
from supervisor.store.tables import events, jobs

AIMS = {"p99_ms": 200.0, "slower_percent": 5.0}
_BODY = {"workflow_name": "forms", "input_data": {"form": {"n": 1}}}
_PATIENCE_S = 300.0
_TICKS_PER_S = 5
_GATED_S = 86400


class Serving(NamedTuple):
    """A service that runs."""

    process: psutil.Process
    address: str
    secret: str


def main(argv: Sequence[str] | None = None) -> None:
    asked = _options().parse_args(argv)
    submitted = [_submissions(asked.rate, asked.seconds, at_work) for at_work in (False, True)]
    listened = _listeners(asked.listeners, asked.seconds)
    beside = _beside(asked.listeners, asked.sessions, asked.at_once, asked.repeat)
    table(
        f"Submissions, {asked.rate:g} a second for {asked.seconds:g} s (aim: 99 % within {AIMS['p99_ms']:g} ms)",
        ["", "taken", "median ms", "99 % ms", "most ms", "service % of a core", "done meanwhile"],
        [
            [row["process"], f"{row['taken']:,}"]
            + [f"{row[name]:.1f}" for name in ("median_ms", "p99_ms", "most_ms")]
            + [f"{row['percent']:.0f}", f"{row['done_meanwhile']:,}"]
            for row in submitted
        ],
        f"Answered when the job is on the disk. The clients, {service_load.CONNECTIONS} connections in one process, use"
        " the same cores.\nA request's time begins when it was due, also where the one before held it up.",
    )
    table(
        f"Listeners on one running job, {_TICKS_PER_S} events a second for {asked.seconds:g} s",
        ["listeners", "heard", "median ms", "99 % ms", "most ms", "service % of a core", "MB", "KB each"],
        [
            [f"{row['listeners']:,}", f"{row['heard']:,}"]
            + [f"{row[name]:.1f}" for name in ("median_ms", "p99_ms", "most_ms")]
            + [f"{row['percent']:.0f}", f"{row['rss_mb']:.1f}", f"{row['kb_each']:.1f}"]
            for row in (listened,)
        ],
        "From just before the event's commit until a listener has read it.",
    )
    table(
        f"A job of {asked.sessions:,} sessions that wait 1 s, {asked.at_once} at once"
        f" (aim: not slower by more than {AIMS['slower_percent']:g} %)",
        ["", "median s", "lowest..highest", "slower %"],
        [
            [row["process"], f"{row['median_s']:.2f}", spread(row["runs_s"], 2), f"{row['slower_percent']:.1f}"]
            for row in beside
        ],
    )
    figures = {"rate": asked.rate, "seconds": asked.seconds, "aims": AIMS, "repeat": asked.repeat}
    save("service", asked.results, {**figures, "rows": [*submitted, listened, *beside]})


def _submissions(rate: float, seconds: float, at_work: bool) -> dict[str, Any]:
    scratch = _forms(seconds=0 if at_work else _GATED_S)
    with _serving(scratch) as serving:
        before = activity(serving.process.pid).cpu_s
        found = json.loads(
            _load("submit", serving, str(rate), str(seconds), json.dumps(_BODY)).communicate(timeout=_PATIENCE_S)[0]
        )
        used = activity(serving.process.pid).cpu_s - before
        done = scratch.rows("SELECT count(*) FROM jobs WHERE status = 'completed'")[0][0]
    if found["statuses"] != {"202": round(rate * seconds)}:
        raise RuntimeError(f"not all were taken: {found['statuses']}")
    return {
        "process": f"submissions, sessions {'work' if at_work else 'wait'}",
        "taken": sum(found["statuses"].values()),
        **_latency(found["ms"]),
        "seconds": found["seconds"],
        "percent": 100 * used / found["seconds"],
        "done_meanwhile": done,
    }


def _listeners(count: int, seconds: float) -> dict[str, Any]:
    scratch = Scratch(scratch_folder(), "work.sh", batches=1)
    scratch.add_pipeline("facts")
    (scratch.answers / f"{scratch.outputs[0]}.seconds").write_text(f"{_GATED_S}\n")
    with _serving(scratch) as serving, _stopped_job(scratch, 1) as (project, database):
        _begin(project, database)
        _until(lambda: scratch.rows("SELECT 1 FROM attempts WHERE handle IS NOT NULL"))
        alone = serving.process.memory_info().rss
        with _load("listen", serving, "1", str(count)) as load:
            _ready(load)
            before, began = activity(serving.process.pid).cpu_s, time.monotonic()
            for number in range(1, round(seconds * _TICKS_PER_S) + 1):
                with database.transaction() as transaction:
                    events.record(transaction, 1, "tick", f"{time.time():.6f}")
                time.sleep(max(0.0, began + number / _TICKS_PER_S - time.monotonic()))
            used, took = activity(serving.process.pid).cpu_s - before, time.monotonic() - began
            rss = serving.process.memory_info().rss
            found = json.loads(load.communicate(timeout=_PATIENCE_S)[0])
    if len(found["ms"]) != count * round(seconds * _TICKS_PER_S):
        raise RuntimeError(f"{len(found['ms'])} were heard")
    return {
        "process": "listeners",
        "listeners": count,
        "heard": len(found["ms"]),
        **_latency(found["ms"]),
        "percent": 100 * used / took,
        "rss_mb": rss / 1e6,
        "kb_each": (rss - alone) / 1e3 / count,
    }


def _beside(count: int, sessions: int, at_once: int, repeat: int) -> list[dict[str, Any]]:
    runs: dict[str, list[float]] = {"job alone": [], "job beside listeners": []}
    for _ in range(repeat):
        for name, took in runs.items():
            took.append(_job_s(0 if name == "job alone" else count, sessions, at_once))
    alone = median(runs["job alone"])
    return [
        {
            "process": name,
            "median_s": median(took),
            "runs_s": took,
            "slower_percent": 100 * (median(took) / alone - 1),
        }
        for name, took in runs.items()
    ]


def _job_s(listeners: int, sessions: int, at_once: int) -> float:
    """How long the daemon takes for a job of sessions that wait a second, from its start to its end."""
    scratch = Scratch(scratch_folder(), "work.sh", batches=sessions)
    scratch.add_pipeline("facts")
    for output in scratch.outputs:
        (scratch.answers / f"{output}.seconds").write_text("1\n")
    with contextlib.ExitStack() as stack:
        serving = stack.enter_context(_serving(scratch)) if listeners else None
        project, database = stack.enter_context(_stopped_job(scratch, at_once))
        load = None if serving is None else stack.enter_context(_load("listen", serving, "1", str(listeners)))
        if load is not None:
            _ready(load)
        _begin(project, database)
        _until(lambda: scratch.rows("SELECT 1 FROM jobs WHERE status = 'completed'"))
        if load is not None:
            heard = json.loads(load.communicate(timeout=_PATIENCE_S)[0])["heard"]
            ((told,),) = scratch.rows("SELECT count(*) - 1 FROM events")  # the first is taken for the beginning
            if heard != listeners * told:
                raise RuntimeError(f"{heard} events were heard by {listeners} listeners, not {told} by each")
    ((took,),) = scratch.rows(
        "SELECT max(at) FILTER (WHERE kind = 'job_completed') - max(at) FILTER (WHERE kind = 'job_started') FROM events"
    )
    scratch.check_merged("facts", 1)
    return float(took)


def _forms(seconds: float) -> Scratch:
    """A project with a pipeline that takes an input of one item."""
    scratch = Scratch(scratch_folder(), "work.sh", batches=1)
    scratch.add_pipeline("forms", [PhasePlan(1, '{ input = "vfs/inputs/{target}.json" }')], validated=False)
    folder = scratch.root / "phase_intelligence" / "forms"
    text = (folder / "pipeline.toml").read_text()
    (folder / "pipeline.toml").write_text(f'input = "schema.json"\n{text}')
    (folder / "schema.json").write_text(json.dumps({"type": "object", "required": ["form"]}))
    answer = scratch.answers / scratch.outputs[0]
    answer.write_text(json.dumps({"form": {"n": 1}}))
    answer.with_name(f"{answer.name}.seconds").write_text(f"{seconds}\n")
    with open(scratch.root / "supervisor.toml", "a") as file:
        file.write('\n[serve]\nrate = ""\n')
    return scratch


@contextlib.contextmanager
def _serving(scratch: Scratch) -> Iterator[Serving]:
    command = [*SUPERVISOR, "tokens", "add", "bench", "--operator", "--project", str(scratch.root)]
    secret = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=True).stdout.strip()
    process = subprocess.Popen(
        [*SUPERVISOR, "serve", "--port", "0", "--project", str(scratch.root)],
        env={**clean_environment(), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield Serving(psutil.Process(process.pid), process.stdout.readline().rpartition(" at ")[2].strip(), secret)
    finally:
        process.terminate()
        process.wait(_PATIENCE_S)
        subprocess.run(
            [*SUPERVISOR, "stop", "--project", str(scratch.root)],
            env=clean_environment(),
            capture_output=True,
            check=True,
        )


@contextlib.contextmanager
def _stopped_job(scratch: Scratch, at_once: int) -> Iterator[tuple[Project, Database]]:
    """A job that nobody works on yet, so that it can be listened to from its beginning."""
    project = find_project(scratch.root)
    pipeline = load_pipeline(project, "facts")
    database = open_store(project.store, create=True)
    try:
        with database.transaction() as transaction:
            chosen = JobOptions(agent="mine", concurrency=at_once)
            job = jobs.add(transaction, pipeline, TARGET, chosen, definition_of(project, pipeline))
            events.record(transaction, job, "job_queued", "it waits")
            jobs.set_status(transaction, job, "stopped")
        yield project, database
    finally:
        daemon.end(project)
        database.close()


def _begin(project: Project, database: Database) -> None:
    with database.transaction() as transaction:
        jobs.requeue(transaction, 1)
    daemon.ensure(project)


def _load(kind: str, serving: Serving, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, service_load.__file__, kind, serving.address, serving.secret, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ready(load: subprocess.Popen[str]) -> None:
    assert load.stdout is not None
    if load.stdout.readline() != "ready\n":
        raise RuntimeError("the clients did not begin")


def _latency(took: Sequence[float]) -> dict[str, float]:
    return {"median_ms": median(took), "p99_ms": percentile(took, 0.99), "most_ms": max(took)}


def _until(true: Any) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not true():
        if time.monotonic() > deadline:
            raise RuntimeError("it did not come to pass")
        time.sleep(0.1)


def _options() -> argparse.ArgumentParser:
    parser = options(__doc__)
    parser.add_argument("--rate", type=float, default=200.0, help="submissions a second")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--listeners", type=int, default=1000)
    parser.add_argument("--sessions", type=int, default=400)
    parser.add_argument("--at-once", type=int, default=40)
    parser.add_argument("--repeat", type=int, default=3)
    return parser


if __name__ == "__main__":
    main()
