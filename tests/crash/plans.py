"""What is done to the course in one round: commands, and how a process ends under each of them. Drawn from a seed.

In words: `workspace limited | run store.before_commit=3 | start supervisor@7`, which `--plan` takes again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from supervisor import failpoints

VICTIMS = ("supervisor", "spawner", "worker", "agent", "both")
"""Whose process is killed at a step of the agents; both: the spawner, and the supervisor before it sees that."""
TRAITS = ("bubblewrap", "limited", "lent")
"""The sandbox, a session that is limited, a sign-in that is lent and renewed."""
COMMANDS = ("run", "start", "resume", "retry", "stop", "spoiled", "fresh")
"""As they are typed; spoiled: `run`, with a main file that somebody broke meanwhile; fresh: `run --fresh`."""
STEPS = 45
"""Of all agents in an undisturbed run."""
_PASSED = {"store": 45, "progress_log": 20, "transcript": 12, "main_file": 8, "receipt": 8, "session": 7}
"""How often a run passes a subject's points, where that is not about three times."""
_ALL_PASSED = 290
_IN_DAEMON = 0.35
_KILLS = 5


class Kill(NamedTuple):
    """A command, and whose end comes how."""

    command: str
    how: str
    """Failpoints with their counts, or a victim and at which step of the agents."""

    @property
    def victim(self) -> str | None:
        """Who is killed from outside; None where failpoints do it."""
        name, at, _ = self.how.partition("@")
        return name if at else None

    @property
    def step(self) -> int:
        return int(self.how.partition("@")[2])


class Plan(NamedTuple):
    """One round."""

    traits: tuple[str, ...]
    kills: tuple[Kill, ...]

    def __str__(self) -> str:
        return " | ".join(
            [" ".join(self.traits) or "workspace", *(f"{kill.command} {kill.how}" for kill in self.kills)]
        )


def read(text: str) -> Plan:
    """A plan from its words."""
    traits, *kills = (part.split() for part in text.split("|"))
    return Plan(tuple(each for each in traits if each in TRAITS), tuple(Kill(*words) for words in kills))


def each_point() -> list[Plan]:
    """A plan for each point that has its process killed there, in the situation in which it is reached."""
    return [_reaching(point, 1) for point in failpoints.POINTS]


def drawn(chance: random.Random) -> Plan:
    """Any plan."""
    traits = {"bubblewrap": 0.2, "limited": 0.1, "lent": 0.15}
    chosen = tuple(trait for trait in TRAITS if chance.random() < traits[trait])
    kills: list[Kill] = []
    while len(kills) < _KILLS:
        kills += _drawn_kills(chance, lent="lent" in chosen)
    return Plan(chosen, tuple(kills))


def _drawn_kills(chance: random.Random, *, lent: bool) -> Sequence[Kill]:
    command = chance.choice(("start", "resume", "retry", "stop")) if chance.random() < _IN_DAEMON else "run"
    if command == "run" and chance.random() < 0.1:
        command = chance.choice(("spoiled", "fresh"))
    kind = chance.random()
    if kind < 0.4:
        return [Kill(command, f"{chance.choices(VICTIMS, (6, 2, 2, 1, 2))[0]}@{_at_most(STEPS, chance)}")]
    if kind < 0.6:
        return [Kill(command, f"{failpoints.ANY}={_at_most(_ALL_PASSED, chance)}")]
    point = chance.choice([point for point in failpoints.POINTS if lent or not point.startswith("sign_in.")])
    *before, kill = _reaching(point, _at_most(_PASSED.get(point.partition(".")[0], 3), chance)).kills
    if chance.random() < 0.15 and point != "spawner.before_kill_all":
        kill = kill._replace(how=f"{kill.how},spawner.before_kill_all=1")  # sessions that outlive both
    return [*before, kill if kill.command != "run" else kill._replace(command=command)]


def _at_most(most: int, chance: random.Random) -> int:
    """Rather few: what is left to do becomes less with every kill."""
    return 1 + int(most * chance.random() ** 3)


def _reaching(point: str, count: int) -> Plan:
    how = f"{point}={count}"
    subject, _, moment = point.partition(".")
    if subject == "daemon":
        return Plan((), (Kill("stop" if moment in ("before_end", "asked_to_end") else "start", how),))
    if subject == "fresh":
        return Plan((), (Kill("run", "supervisor@30"), Kill("fresh", how)))
    if subject == "recovery":
        return Plan((), (Kill("run", "both@12"), Kill("run", how)))
    if subject == "sign_in":
        return Plan(("lent",), (Kill("run", how),))
    if point in ("workspace.before_remove", "workspace.removed"):
        return Plan((), (Kill("run", "supervisor@30"), Kill("run", how)))
    return Plan((), (Kill("run", how),))
