"""`python -m tests.chaos.crash 500`: kill that often, and say what came of it; ends with 1 where anything is wrong."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.chaos.crash import checks, plans
from tests.chaos.crash.plans import Plan
from tests.chaos.crash.rounds import ANY_MOMENT, Death, Round

_ENOUGH_FOR_ALL = 500
"""As many kills as make it a matter of course that each point is among them."""


@dataclass
class Tally:
    """What all rounds came to."""

    kills: Counter[Death] = field(default_factory=Counter)
    rounds: int = 0
    went_wrong: int = 0
    survivors: int = 0
    lost: int = 0
    doubled: int = 0
    cut_off: int = 0
    again: int = 0
    unheard: int = 0

    def add(self, verdict: checks.Verdict) -> None:
        """Count a round in."""
        self.kills += verdict.kills
        self.rounds += 1
        self.went_wrong += bool(verdict.wrong)
        self.survivors += verdict.survivors
        self.lost += verdict.lost
        self.doubled += verdict.doubled
        self.cut_off += verdict.cut_off
        self.again += verdict.again
        self.unheard += verdict.unheard


def main() -> int:
    """Run rounds until enough was killed."""
    asked = _arguments()
    base = Path(tempfile.mkdtemp(prefix="crash-test-"))
    print(f"crash test, seed {asked.seed}, in {base}", flush=True)
    undisturbed = Round(Plan((), ()), 0, base / "0")
    undisturbed.play()
    clean = checks.clean(undisturbed)
    wrong = checks.judge(undisturbed, clean).wrong
    if wrong:
        print("without any kill:", *wrong, sep="\n  ")
        return 1
    undisturbed.clear()
    began = time.monotonic()
    tally = _play_all(asked, base, clean)
    _print_table(tally, time.monotonic() - began)
    reached = {death.at for death in tally.kills}
    never = [point for point in plans.expected_points() if point not in reached]
    if never and tally.rounds >= len(plans.opening()) and not asked.plan:
        print(f"never reached: {', '.join(never)}")
        return 1
    if tally.went_wrong:
        print(f"{tally.went_wrong} rounds went wrong; what they left is in {base}")
        return 1
    base.rmdir()
    print("nothing went wrong")
    return 0


def _play_all(asked: argparse.Namespace, base: Path, clean: checks.Clean) -> Tally:
    """Play plans, some at once, until there were enough kills."""
    todo = iter([plans.read(asked.plan)] * asked.times) if asked.plan else plans.course_of_plans(asked.seed)
    fewest = len(plans.opening()) if asked.kills >= _ENOUGH_FOR_ALL else 0
    numbers = count(1)
    tally = Tally()
    running: dict[Future[checks.Verdict], Round] = {}
    with ThreadPoolExecutor(asked.jobs) as threads:
        while True:
            enough = not asked.plan and tally.kills.total() >= asked.kills and tally.rounds >= fewest
            while not enough and len(running) < asked.jobs and (plan := next(todo, None)) is not None:
                number = next(numbers)
                round_ = Round(plan, number, base / str(number))
                running[threads.submit(_played, round_, clean)] = round_
            if not running:
                return tally
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                round_ = running.pop(future)
                verdict = future.result()
                tally.add(verdict)
                if asked.verbose:
                    print(f"{round_.plan}: {verdict.kills.total()} kills, {verdict.took_s:.1f} s", flush=True)
                if verdict.wrong:
                    print(f"WRONG, in {round_.folder}:", *verdict.wrong, sep="\n  ")
                    print(f"  repeat it: {_repeat(round_.plan)}", flush=True)
                else:
                    round_.clear()


def _played(round_: Round, clean: checks.Clean) -> checks.Verdict:
    began = time.monotonic()
    try:
        round_.play()
        verdict = checks.judge(round_, clean)
    except Exception:
        verdict = checks.Verdict(round_.kills, [traceback.format_exc()])
    return verdict._replace(took_s=time.monotonic() - began)


def _print_table(tally: Tally, took_s: float) -> None:
    of_whom: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for death, times in tally.kills.items():
        of_whom[death.who][death.at] += times
    points = {death.at for death in tally.kills} - {ANY_MOMENT}
    print(f"{'killed':20} {'times':>8} {'at points':>10} {'of them different':>18} {'at any moment':>14}")
    for who, at in sorted(of_whom.items()):
        random_ones = at.pop(ANY_MOMENT, 0)
        print(f"{who:20} {at.total() + random_ones:8} {at.total():10} {len(at):18} {random_ones:14}")
    random_ones = sum(times for death, times in tally.kills.items() if death.at == ANY_MOMENT)
    total = tally.kills.total()
    print(f"{'together':20} {total:8} {total - random_ones:10} {len(points):18} {random_ones:14}")
    print(f"{tally.rounds} rounds, {took_s:.0f} s")
    for name, figure in {
        "items lost": tally.lost,
        "items doubled": tally.doubled,
        "orphans": tally.survivors,
        "sessions in flight at a kill": tally.cut_off,
        "sessions run again": tally.again,
        "of which the last lines were lost": tally.unheard,
        "rounds that went wrong": tally.went_wrong,
    }.items():
        print(f"{name:34} {figure:6}")


def _repeat(plan: Plan) -> str:
    return f"make crash-test PLAN='{plan}'"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="crash", description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=500, help="how many at least")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="rounds at once")
    parser.add_argument("--plan", default="", help="one round, in the words in which it was printed")
    parser.add_argument("--times", type=int, default=1, help="how often that one is repeated")
    parser.add_argument("--verbose", action="store_true", help="print every round's plan")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
