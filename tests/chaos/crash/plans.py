"""What is done to the course in one round: commands, and how a process ends under each of them. Drawn from a seed.

In words: `workspace limited | run store.before_commit=3 | start supervisor@7`, which `--plan` takes again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from typing import NamedTuple

from supervisor import failpoints
from supervisor.host.cgroups import hierarchies

FATAL = {"supervisor": 6, "both": 2, "deaf": 1}
"""What ends the work when it is killed at a step of the agents, and how often that is drawn; both: the spawner, and the
supervisor before it sees that; deaf: the supervisor, once the agents have gone on and it has heard nothing of it."""
REPLACED = ("spawner", "worker", "agent")
"""What the supervisor starts anew, and goes on."""
HARMLESS = ("worker", "agent")
"""Of those the ones with whom nothing is lost that an agent told."""
COMMAND = "command"
"""The process of the command itself, killed so many milliseconds after it was typed."""
TRAITS = ("bubblewrap", "limited", "lent", "calm")
"""The sandbox, a session that is limited, a sign-in that is lent and renewed; calm: before the next command, all that a
killed supervisor left has to end by itself."""
_CALM = ("calm",)
COMMANDS = ("run", "start", "resume", "retry", "stop", "halt", "spoiled", "fresh")
"""As they are typed; stop: with the kill in `stop`; halt: the same, with the kill in the daemon; spoiled: `run`, with a
main file that somebody broke meanwhile; fresh: `run --fresh`."""
STEPS = 45
"""Of all agents in an undisturbed run."""
COMMITS = 45
"""Of an undisturbed run."""
_PASSED = {
    "store.before_commit": COMMITS,
    "store.before_ring": COMMITS,
    "store.committed": COMMITS,
    "store.rung": COMMITS,
    "progress_log": 20,
    "transcript": 12,
    "main_file": 8,
    "receipt": 8,
    "session": 7,
    "workspace": 7,
    "hold": 1,
    "folder": 1,
}
"""How often a run passes a point, or a subject's points, where that is not about three times."""
_ALL_PASSED = 330
_LONGEST_MS = 1500
"""Of a command."""
_IN_DAEMON = 0.4
_KILLS = 6
_MOST_REPLACED = 4


class Kill(NamedTuple):
    """A command, and whose end comes how."""

    command: str
    how: str
    """Failpoints with their counts, victims with the step of the agents, the command with milliseconds, or several."""

    @property
    def points(self) -> str:
        """The failpoints, as the product reads them."""
        return ",".join(part for part in self.how.split(",") if "@" not in part)

    @property
    def victims(self) -> dict[int, str]:
        """Who is killed from outside, by the step of the agents."""
        return {int(at): who for who, at in self._at() if who != COMMAND}

    @property
    def after_s(self) -> float | None:
        """Seconds after which the command's process is killed; None where it is not."""
        return next((int(at) / 1000 for who, at in self._at() if who == COMMAND), None)

    def _at(self) -> Iterator[tuple[str, str]]:
        for part in self.how.split(","):
            who, at, number = part.partition("@")
            if at:
                yield who, number


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
    plans = [_reaching(point, 1) for point in failpoints.POINTS]
    return [plan._replace(traits=(*plan.traits, *_CALM)) for plan in plans]


def expected_points() -> list[str]:
    """The points that are reached on this machine."""
    return [point for point in failpoints.POINTS if hierarchies() or not point.startswith("cgroup.")]


def opening() -> list[Plan]:
    """All points in fewer plans, two in each where that can be: for the second the course is begun anew."""
    apart = [plan for plan in each_point() if plan.traits != _CALM]
    together = [plan for plan in each_point() if plan.traits == _CALM]
    together.sort(key=lambda plan: plan.kills[0].command == "run")  # what needs a daemon comes before
    half = (len(together) + 1) // 2
    pairs = [
        Plan(_CALM, (*first.kills, second.kills[0]._replace(command="fresh"), *second.kills[1:]))
        for first, second in zip(together, together[half:], strict=False)
    ]
    return pairs + together[len(pairs) : half] + apart


def course_of_plans(seed: int) -> Iterator[Plan]:
    """Each point, and after that each commit of a course that is begun anew; then whatever comes."""
    for number, begun in enumerate(chain(opening(), repeat(None))):
        chance = random.Random(f"{seed} {number}")
        commit = Kill("fresh", f"store.committed={1 + number % COMMITS}")
        yield drawn(chance, None if begun is None else begun._replace(kills=(*begun.kills, commit)))


def drawn(chance: random.Random, begun: Plan | None = None) -> Plan:
    """Any plan, or any that goes on with another one."""
    if begun is None:
        traits = {"bubblewrap": 0.2, "limited": 0.1, "lent": 0.15, "calm": 0.4}
        begun = Plan(tuple(trait for trait in TRAITS if chance.random() < traits[trait]), ())
    kills = list(begun.kills)
    while len(kills) < _KILLS:
        kills += _drawn_kills(chance, begun.traits)
    return begun._replace(kills=tuple(kills))


def _drawn_kills(chance: random.Random, traits: Sequence[str]) -> Sequence[Kill]:
    command = chance.choice(("start", "resume", "retry", "stop", "halt")) if chance.random() < _IN_DAEMON else "run"
    if command == "run" and chance.random() < 0.1:
        command = chance.choice(("spoiled", "fresh"))
    kind = chance.random()
    if kind < 0.1:
        return [Kill(command, f"{COMMAND}@{chance.randint(1, _LONGEST_MS)}")]
    if kind < 0.45:
        before = _some(REPLACED, chance)
        last = max(before, default=0) + _at_most(STEPS - max(before, default=0), chance)
        (fatal,) = chance.choices(list(FATAL), list(FATAL.values()))
        return [Kill(command, _words({**before, last: fatal}))]
    if kind < 0.6:
        return [Kill(command, _words(_some(HARMLESS, chance), f"{failpoints.ANY}={_at_most(_ALL_PASSED, chance)}"))]
    known = [point for point in failpoints.POINTS if _may_be_passed(point, traits)]
    point = chance.choice(known)
    passed = _PASSED.get(point) or _PASSED.get(point.partition(".")[0], 3)
    *earlier, kill = _reaching(point, _at_most(passed, chance)).kills
    how = kill.how
    if not kill.victims:
        how = _words(_some(HARMLESS, chance), how)
    if chance.random() < 0.15 and point != "spawner.before_kill_all":
        how += ",spawner.before_kill_all=1"  # sessions that outlive both
    return [*earlier, Kill(command if kill.command == "run" else kill.command, how)]


def _some(victims: Sequence[str], chance: random.Random) -> dict[int, str]:
    """Some of them, also of one kind, by the step at which each is killed."""
    steps = sorted(chance.sample(range(1, STEPS // 2), chance.randint(0, _MOST_REPLACED)))
    return {step: chance.choice(victims) for step in steps}


def _words(victims: dict[int, str], *points: str) -> str:
    return ",".join([*(f"{who}@{step}" for step, who in victims.items()), *points])


def _may_be_passed(point: str, traits: Sequence[str]) -> bool:
    needed = {"sign_in": "lent", "cgroup": "bubblewrap"}.get(point.partition(".")[0])
    return needed is None or needed in traits


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
    if subject == "terminal_drain":
        return Plan((), (Kill("run", f"deaf@3,{how}"),))
    if point in ("session.before_kill", "session.killed"):
        return Plan((), (Kill("run", f"spawner@12,{how}"),))
    if point in ("spawner.before_kill", "spawner.killed"):
        return Plan((), (Kill("halt", how),))
    if subject == "cgroup":
        return Plan(("bubblewrap",), (Kill("run", how),))
    if subject == "sign_in":
        return Plan(("lent",), (Kill("run", how),))
    if point in ("workspace.before_remove", "workspace.removed"):
        return Plan((), (Kill("run", "supervisor@30"), Kill("run", how)))
    return Plan((), (Kill("run", how),))
