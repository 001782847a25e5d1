"""What has to hold of a round when its course is through, whatever was killed."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from supervisor.host.cgroups import hierarchies
from supervisor.project.project import Project
from supervisor.project.project_settings import ProjectSettings
from tests.chaos.crash import course
from tests.chaos.crash.rounds import Death, Round
from tests.chaos.crash.sessions import Run

_KEPT = (".lock", ".log")
_CLOSE = 1e-6


class Clean(NamedTuple):
    """A round without kills."""

    files: dict[str, bytes]
    attempts: dict[tuple[int, int], int]
    """Phase and batch number to the attempts that counted."""


class Verdict(NamedTuple):
    """A round in numbers, and what is wrong with it."""

    kills: Counter[Death]
    wrong: list[str]
    survivors: int = 0
    lost: int = 0
    doubled: int = 0
    again: int = 0
    """Sessions that were run again since they had been cut off."""
    cut_off: int = 0
    """Sessions that were in flight when something was killed."""
    unheard: int = 0
    """Sessions that printed what they cost, and nobody could write it down."""
    took_s: float = 0.0


def files(round_: Round) -> dict[str, bytes]:
    """The main files that are there."""
    paths = {name: round_.results / name for name in course.OUTPUTS.values()}
    return {name: path.read_bytes() for name, path in paths.items() if path.exists()}


def clean(round_: Round) -> Clean:
    """What a round without kills comes to."""
    return Clean(files=files(round_), attempts=_attempts(round_))


def judge(round_: Round, clean_: Clean) -> Verdict:
    """Compare a round with one without kills."""
    wrong = [*round_.wrong]
    if not round_.completed:
        return Verdict(round_.kills, wrong, round_.survivors)
    lost, doubled = _items(round_, clean_, wrong)
    cut_off = [run for run in round_.sessions.runs if run.name and not run.done]
    wrong += _store(round_, clean_)
    wrong += _finished_work(round_)
    wrong += _money(round_)
    wrong += _leavings(round_)
    wrong += _sign_in(round_)
    again = _again(round_, cut_off, wrong)
    if "Traceback" in round_.said():
        wrong.append("a traceback was printed")
    return Verdict(round_.kills, wrong, round_.survivors, lost, doubled, again, len(cut_off), _unheard(round_))


def _items(round_: Round, clean_: Clean, wrong: list[str]) -> tuple[int, int]:
    """How many items the main files lack, and have twice."""
    lost = doubled = 0
    found = files(round_)
    for name, data in clean_.files.items():
        if found.get(name) == data:
            continue
        wrong.append(f"{name} differs from that of an undisturbed run")
        expected, there = _ids(data), _ids(found.get(name, b"[]"))
        lost += len(set(expected) - set(there))
        doubled += sum(count - 1 for count in Counter(there).values())
    return lost, doubled


def _ids(data: bytes) -> list[str]:
    try:
        value = json.loads(data, object_pairs_hook=lambda pairs: pairs)
    except ValueError:
        return []
    return [entry[0] if isinstance(entry[0], str) else dict(entry)["id"] for entry in value]


def _attempts(round_: Round) -> dict[tuple[int, int], int]:
    rows = round_.rows(
        "SELECT b.phase, b.number, sum(a.counted) AS counted FROM batches b JOIN attempts a ON a.batch = b.id"
        " JOIN jobs j ON j.id = b.job WHERE j.superseded_at IS NULL GROUP BY b.phase, b.number"
    )
    return {(row["phase"], row["number"]): row["counted"] for row in rows}


def _store(round_: Round, clean_: Clean) -> Iterator[str]:
    """Whole, and all of it done."""
    if (told := round_.rows("PRAGMA integrity_check")[0][0]) != "ok":
        yield f"the store is damaged: {told}"
    for row in round_.rows(
        "SELECT status, n, (SELECT count(*) FROM items i WHERE (i.job, i.phase, i.status) = (c.job, c.phase, c.status))"
        " AS there FROM item_counts c WHERE n <> there"
        " UNION ALL SELECT status, n, (SELECT count(*) FROM batches b WHERE (b.job, b.phase, b.status) ="
        " (c.job, c.phase, c.status)) AS there FROM batch_counts c WHERE n <> there"
    ):
        yield f"it counts {row['n']} {row['status']}, and has {row['there']}"
    (job,) = round_.rows("SELECT id, status, elapsed_s FROM jobs WHERE superseded_at IS NULL")
    if job["status"] != "completed":
        yield f"the job is {job['status']}"
    for row in round_.rows("SELECT DISTINCT phase, status FROM items WHERE job = ? AND status <> 'merged'", job["id"]):
        yield f"phase {row['phase']} has items that are {row['status']}"
    for row in round_.rows("SELECT number, phase, status FROM batches WHERE job = ? AND status <> 'done'", job["id"]):
        yield f"batch {row['number']} of phase {row['phase']} is {row['status']}"
    for row in round_.rows("SELECT name, outcome FROM attempts WHERE job = ?", job["id"]):
        if row["outcome"] in ("running", "unvalidated"):
            yield f"{row['name']} is {row['outcome']}"
    for batch, counted in _attempts(round_).items():
        usual = clean_.attempts.get(batch, 1)  # one of its own for the item that was asked for again
        if not 1 <= counted <= usual + 2 * round_.agents_killed:  # after a crash, the agent is not told what was wrong
            yield f"batch {batch} took {counted} attempts, and {usual} undisturbed"
    elapsed = sum(row["elapsed_s"] for row in round_.rows("SELECT elapsed_s FROM jobs"))
    if elapsed > round_.lived_s:
        yield f"it says that it took {elapsed} s, and cannot have taken more than {round_.lived_s} s"


def _finished_work(round_: Round) -> Iterator[str]:
    """What a session finished is not asked for again."""
    answered: dict[tuple[int, int, str], list[Run]] = defaultdict(list)
    for run in round_.sessions.runs:
        if (run.done or run.written) and not run.limited:
            for item in run.asked:
                answered[run.job, run.phase, item].append(run)
    released = Counter(row["job"] for row in round_.rows("SELECT job FROM events WHERE kind = 'items_released'"))
    for (job, phase, item), runs in answered.items():
        allowed = 1 + ((phase, item) == (1, course.WRONG_AT_FIRST)) * (1 + round_.agents_killed)
        allowed += released[job] * ((phase, item) == (1, course.REDONE))
        if len(runs) > allowed:
            yield f"{item} of phase {phase} was done {len(runs)} times: {', '.join(run.name for run in runs)}"


def _again(round_: Round, cut_off: list[Run], wrong: list[str]) -> int:
    """Sessions that were run again; they are no more than were cut off, nor those more than were in flight."""
    in_flight = course.CONCURRENCY * (round_.kills.total() + round_.stops)
    if len(cut_off) > in_flight:
        wrong.append(f"{len(cut_off)} sessions were cut off, of at most {in_flight} in flight")
    done = {(run.job, run.phase, item) for run in round_.sessions.runs if run.done for item in run.asked}
    return sum(any((run.job, run.phase, item) in done for item in run.asked) for run in cut_off)


def _money(round_: Round) -> Iterator[str]:
    """What sessions told that they cost is in the store, once."""
    stored = {
        row["name"]: (row["input_tokens"] or 0, row["cost_usd"])
        for row in round_.rows("SELECT name, input_tokens, cost_usd FROM attempts")
    }
    least: Counter[str] = Counter()
    most: Counter[str] = Counter()
    for run in round_.sessions.runs:
        if run.name:
            kept = sum(run.told)
            if run.name in round_.unheard:
                kept = 0 if run.unheard_from is None else kept - run.unheard_from
            least[run.name] += kept
            most[run.name] += sum(run.telling)
    for name in sorted({*stored, *least}):
        tokens, cost = stored.get(name, (0, None))
        if not least[name] <= tokens <= most[name]:
            told = f"{least[name]} to {most[name]}" if least[name] != most[name] else str(least[name])
            yield f"{name} told {told} tokens, and the store has {tokens if name in stored else 'nothing of it'}"
        if "lent" not in round_.plan.traits and abs((cost or 0.0) - tokens / 1000) > _CLOSE:
            yield f"{name} has {tokens} tokens, and cost {cost}"
    yield from _last_line(round_)


def _unheard(round_: Round) -> int:
    stored = {row["name"]: row["input_tokens"] or 0 for row in round_.rows("SELECT name, input_tokens FROM attempts")}
    told: Counter[str] = Counter()
    for run in round_.sessions.runs:
        told[run.name] += sum(run.told)
    return sum(stored.get(name, 0) < told[name] for name in round_.unheard)


def _last_line(round_: Round) -> Iterator[str]:
    """The totals that a run keeps by itself agree with the store."""
    (job,) = round_.rows("SELECT id FROM jobs WHERE superseded_at IS NULL")
    last = round_.rows(
        "SELECT kind, data FROM events WHERE job = ? AND kind IN ('batch_ended', 'job_started', 'job_resumed')"
        " ORDER BY id DESC LIMIT 1",
        job["id"],
    )
    stored = round_.rows("SELECT sum(input_tokens) AS n FROM attempts WHERE job = ?", job["id"])[0]["n"]
    if last[0]["kind"] == "batch_ended" and (told := json.loads(last[0]["data"])["tokens"]) != stored:
        yield f"progress says {told} tokens, and the store {stored}"


def _leavings(round_: Round) -> Iterator[str]:
    """Nothing is left lying about."""
    copies = []
    for path in round_.results.iterdir():
        if path.name in course.OUTPUTS.values() or path.suffix in _KEPT or path.name.startswith("set_aside_"):
            continue
        if ".unreadable-" in path.name and round_.spoiled:
            copies.append(path.read_bytes())
            continue
        yield f"{path.name} is left beside the main files"
    for data in round_.spoiled:
        if data not in copies:
            yield f"nobody kept {data!r}, which somebody wrote into a main file"
    for data in copies:
        if data not in round_.spoiled:
            yield f"a copy was set aside that is not whole: {data!r}"
    known = {row["name"] for row in round_.rows("SELECT name FROM attempts")}
    for path in (round_.state / "sessions").iterdir():
        if path.name not in known:
            yield f"the files of {path.name} are left, which the store does not know"
    for parent in set(hierarchies().values()):
        for path in parent.glob(f"supervisor-{Project(round_.root, ProjectSettings(), round_.root).key}-*"):
            yield f"the control group {path} is left"


def _sign_in(round_: Round) -> Iterator[str]:
    """The user has the sign-in that was renewed last."""
    folder = (round_.home / course.SIGN_IN).parent
    found = json.loads((folder / "oauth_creds.json").read_bytes())
    number = int(found["refresh_token"].partition("-")[2])
    newest = max((run.renewed for run in round_.sessions.runs), default=0)
    if number < newest:
        yield f"the user has sign-in {number}, and {newest} was renewed"
    for path in folder.iterdir():
        if path.name not in ("oauth_creds.json", "oauth_creds.json.lock"):
            yield f"{path.name} is left beside the user's sign-in"
