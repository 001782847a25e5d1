"""Limits that many sessions at once, resumes, phases and kills could take a job over."""

from __future__ import annotations

from tests.misleading.case import Case, Exactly, Told
from tests.support.scripted_project import ANSWER, Small, numbered, tells

MANY = numbered(6)
ONE_EACH = {"batch_size": 1}
AT_ONCE = ["--concurrency", "8"]


def once_more(*options: str) -> object:
    """A first run that comes to a limit."""
    return lambda small: small.run(*AT_ONCE, *options, status=4)


def killed(small: Small) -> None:
    """A first run whose supervisor is killed with a session at work."""
    running = small.begin_run(*AT_ONCE, "--max-sessions", "2")
    small.at_gate(count=2)
    running.kill()


CASES = [
    Case(
        f"{limit} sessions, {at_once} at once",
        Told(4, ["sessions", str(limit)], main=limit, sessions=limit),
        items=MANY,
        phase=ONE_EACH,
        options=["--concurrency", str(at_once), "--max-sessions", str(limit)],
    )
    for limit, at_once in ((1, 8), (2, 4), (5, 8))
]
CASES += [
    Case(
        "as many sessions as it takes",
        Exactly(sessions=6),
        items=MANY,
        phase=ONE_EACH,
        options=[*AT_ONCE, "--max-sessions", "6"],
    ),
    Case(
        "one session, and the same command again",
        Told(4, ["sessions"], main=1, sessions=1),
        items=MANY,
        phase=ONE_EACH,
        before=once_more("--max-sessions", "1"),
        options=[*AT_ONCE, "--max-sessions", "1"],
    ),
    Case(
        "one session, and again without the limit being said",
        Told(4, ["sessions"], main=1, sessions=1),
        items=MANY,
        phase=ONE_EACH,
        before=once_more("--max-sessions", "1"),
        options=AT_ONCE,
    ),
    Case(
        "one session, and then as many as it takes",
        Exactly(sessions=6),
        items=MANY,
        phase=ONE_EACH,
        before=once_more("--max-sessions", "1"),
        options=[*AT_ONCE, "--max-sessions", "6"],
    ),
    Case(
        "two sessions that are killed with their supervisor",
        Told(4, ["sessions"], main=0, sessions=2),
        "wait_at('gate')\n" + ANSWER,
        items=MANY,
        phase=ONE_EACH,
        before=killed,
        options=[*AT_ONCE, "--max-sessions", "2"],
    ),
    Case(
        "sessions of two phases together",
        Told(4, ["sessions"], sessions=7, main=1),
        "write({i: p if phase == 1 else {'said': p} for i, p in items.items()})\n",
        items=MANY,
        phase=ONE_EACH,
        later=[ONE_EACH],
        options=[*AT_ONCE, "--max-sessions", "7"],
    ),
    Case(
        "sessions that fail and are tried again",
        Told(4, ["sessions"], sessions=3),
        "write({})\n",
        items=numbered(1),
        settings={"max_attempts": 9},
        options=[*AT_ONCE, "--max-sessions", "3"],
    ),
    Case(
        "ten cents, and sessions of a quarter",
        Told(4, ["0.10"], main=1, sessions=1),
        tells(cost_usd=0.25) + ANSWER,
        MANY,
        phase=ONE_EACH,
        options=[*AT_ONCE, "--max-cost", "0.10"],
    ),
    Case(
        "a dollar, and sessions of a quarter",
        Told(4, ["1.00"], main=4, sessions=4),
        tells(cost_usd=0.25) + ANSWER,
        MANY,
        phase=ONE_EACH,
        options=[*AT_ONCE, "--max-cost", "1.00"],
    ),
    Case(
        "ten cents, and the same command again",
        Told(4, ["0.10"], main=1, sessions=1),
        tells(cost_usd=0.25) + ANSWER,
        MANY,
        phase=ONE_EACH,
        before=once_more("--max-cost", "0.10"),
        options=[*AT_ONCE, "--max-cost", "0.10"],
    ),
    Case(
        "ten cents, and sessions that do not tell their cost",
        Told(4, ["cost"], main=1, sessions=1),
        items=MANY,
        phase=ONE_EACH,
        options=[*AT_ONCE, "--max-cost", "0.10"],
    ),
    Case(
        "ten cents, and sessions that tell their cost and fail",
        Told(4, ["0.10"], sessions=1),
        tells(cost_usd=0.25) + "sys.exit(1)\n",
        MANY,
        phase=ONE_EACH,
        options=[*AT_ONCE, "--max-cost", "0.10"],
    ),
    Case(
        "a dollar, and sessions that tell a cost below nothing",
        Told(4, ["cost"], main=1, sessions=1),
        tells(cost_usd=-5) + ANSWER,
        MANY,
        phase=ONE_EACH,
        options=[*AT_ONCE, "--max-cost", "1"],
    ),
    Case(
        "two seconds, and sessions that take longer",
        Told(4, ["2.0 s are over"], main=2, sessions=2),
        "time.sleep(2.5)\n" + ANSWER,
        MANY,
        phase=ONE_EACH,
        options=["--concurrency", "2", "--max-runtime", "2"],
    ),
]
