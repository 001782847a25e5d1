"""`python -m crash 500`: kill that often, and say what came of it; ends with 1 where anything is wrong."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import count
from pathlib import Path

from crash import checks, plans
from crash.plans import Plan
from crash.rounds import Round
from supervisor import failpoints


def main() -> int:
    """Run rounds until enough was killed."""
    asked = _arguments()
    base = Path(tempfile.mkdtemp(prefix="crash-test-"))
    print(f"crash test, seed {asked.seed}, in {base}")
    undisturbed = Round(Plan((), ()), 0, base / "0")
    undisturbed.play()
    clean = checks.clean(undisturbed)
    wrong = checks.judge(undisturbed, clean).wrong
    if wrong:
        print("without any kill:", *wrong, sep="\n  ")
        return 1
    undisturbed.clear()
    todo = iter([plans.read(asked.plan)] * asked.times) if asked.plan else _plans(asked.seed)
    kills: Counter[str] = Counter()
    figures: Counter[str] = Counter()
    began = time.monotonic()
    failures = 0
    numbers = count(1)
    running: dict[Future[checks.Verdict], Round] = {}
    with ThreadPoolExecutor(asked.jobs) as threads:
        while True:
            while len(running) < asked.jobs and kills.total() < asked.kills and (plan := next(todo, None)) is not None:
                number = next(numbers)
                round_ = Round(plan, number, base / str(number))
                running[threads.submit(_played, round_, clean)] = round_
            if not running:
                break
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                round_ = running.pop(future)
                verdict = future.result()
                kills += verdict.kills
                figures.update(
                    rounds=1,
                    survivors=verdict.survivors,
                    lost=verdict.lost,
                    doubled=verdict.doubled,
                    again=verdict.again,
                    cut_off=verdict.cut_off,
                )
                if asked.verbose:
                    print(f"{round_.plan}: {verdict.kills.total()} kills")
                if verdict.wrong:
                    failures += 1
                    print(f"WRONG, in {round_.folder}:", *verdict.wrong, sep="\n  ")
                    print(f"  repeat it: {_repeat(round_.plan)}", flush=True)
                else:
                    round_.clear()
    _print_table(kills, figures, time.monotonic() - began)
    never = [point for point in failpoints.POINTS if not kills[point]]
    if never and not asked.plan and asked.kills >= 2 * len(failpoints.POINTS):
        print(f"never reached: {', '.join(never)}")
        failures += 1
    print(f"{failures} rounds went wrong" if failures else "nothing went wrong")
    return 1 if failures else 0


def _played(round_: Round, clean: checks.Clean) -> checks.Verdict:
    round_.play()
    return checks.judge(round_, clean)


def _plans(seed: int) -> Iterator[Plan]:
    """Each point once, then whatever comes."""
    yield from plans.each_point()
    for number in count():
        yield plans.drawn(random.Random(f"{seed} {number}"))


def _print_table(kills: Counter[str], figures: Counter[str], took_s: float) -> None:
    width = max(map(len, kills), default=0)
    for name, times in sorted(kills.items()):
        print(f"  {name:{width}} {times:6}")
    print(f"  {'kills':{width}} {kills.total():6}  in {figures['rounds']} rounds, {took_s:.0f} s")
    rows = {
        "processes that survived": "survivors",
        "items lost": "lost",
        "items doubled": "doubled",
        "sessions in flight at a kill": "cut_off",
        "sessions run again": "again",
    }
    for shown, name in rows.items():
        print(f"  {shown:{width}} {figures[name]:6}")


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
