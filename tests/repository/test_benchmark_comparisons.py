"""What benchmarks compare with is what it claims to be: peers do all of the work, bounds are below every schedule."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import limit, peers
from benchmarks.cost import run
from benchmarks.outside import by_limit, by_peer
from benchmarks.schedule import PHASES, Durations, Kind, list_schedule, lower_bound, needs
from benchmarks.scratch import Scratch

KINDS: tuple[Kind, ...] = ("one_to_one", "expanded", "barriers")
BATCHES = 2
seconds = st.floats(min_value=0.1, max_value=9.0)
small_jobs = st.lists(seconds, min_size=PHASES * BATCHES, max_size=PHASES * BATCHES).map(
    lambda taken: dict(zip(itertools.product(range(1, PHASES + 1), range(1, BATCHES + 1)), taken, strict=True))
)


def shortest(taken: Durations, slots: int, kind: Kind) -> float:
    """The shortest schedule: batches put into the slots in every order that they can start in."""

    def best(left: frozenset[tuple[int, int]], free: tuple[float, ...], ends: dict[tuple[int, int], float]) -> float:
        if not left:
            return max(ends.values())
        found = []
        for batch in left:
            needed = needs(batch, BATCHES, kind)
            if all(other in ends for other in needed):
                start = max([free[0], *(ends[other] for other in needed)])
                end = start + taken[batch]
                found.append(best(left - {batch}, tuple(sorted((*free[1:], end))), {**ends, batch: end}))
        return min(found)

    return best(frozenset(taken), (0.0,) * slots, {})


@given(taken=small_jobs, slots=st.integers(1, 4), kind=st.sampled_from(KINDS))
def test_no_schedule_is_below_the_lower_bound(taken: Durations, slots: int, kind: Kind) -> None:
    optimum = shortest(taken, slots, kind)
    assert lower_bound(taken, slots, kind) <= optimum + 1e-9
    assert list_schedule(taken, slots, kind) >= optimum - 1e-9


def test_the_lower_bound_sees_what_the_last_batches_wait_for() -> None:
    taken = {(1, 1): 5.0, (1, 2): 5.0, (2, 1): 1.0, (2, 2): 1.0, (3, 1): 5.0, (3, 2): 5.0}
    assert lower_bound(taken, 2, "one_to_one") == pytest.approx(11.0)
    assert lower_bound(taken, 1, "one_to_one") == pytest.approx(22.0)
    uneven = taken | {(1, 2): 2.0}
    assert lower_bound(uneven, 1, "expanded") == pytest.approx(19.0)
    assert lower_bound(uneven, 5, "barriers") == pytest.approx(11.0)


@pytest.mark.parametrize("peer", [peer for peer in peers.PEERS if not peer.package], ids=lambda peer: str(peer.name))
def test_a_program_of_the_system_makes_every_output_of_the_work(peer: peers.Peer, tmp_path: Path) -> None:
    if reason := peer.missing():
        pytest.skip(reason)
    scratch = Scratch(tmp_path / "project", "copy.sh", batches=3, batch_size=2)
    assert by_peer(peer, scratch, 3, 2).cpu_s >= 0
    for output in scratch.outputs:
        (made,) = tmp_path.glob(f"project/outside/*/out/{output}")
        assert made.read_bytes() == (scratch.answers / output).read_bytes()


@pytest.mark.parametrize("method", limit.METHODS)
def test_the_limit_runs_every_agent_under_a_terminal_of_its_own(method: str, tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "project", "copy.sh", batches=3)
    scratch.agent.write_text('#!/bin/sh\nexec > "$2"\ntty < /dev/tty\n')
    by_limit(method, scratch, 3, 2)
    named = [path.read_text() for path in tmp_path.glob("project/outside/*/out/*")]
    assert len(named) == 3 and all(name.startswith("/dev/") for name in named)


_LEFT_RUNNING = """
import os, time
if os.fork() == 0:
    os.setsid()
    while time.process_time() < 0.3:
        pass
    open("spun", "w").close()
    time.sleep(86400)
while not os.path.exists("spun"):
    time.sleep(0.01)
"""


def test_what_a_command_leaves_running_is_ended_and_its_work_is_counted(tmp_path: Path) -> None:
    others = psutil.Process().children()
    with subprocess.Popen(["sleep", "86400"]) as mine:
        cost = run([sys.executable, "-c", _LEFT_RUNNING], tmp_path / "log", folder=tmp_path)
        left = [child.pid for child in psutil.Process().children() if child not in others]
        mine.kill()
    assert left == [mine.pid]
    assert cost.cpu_s >= 0.3


def test_a_peer_that_leaves_an_output_out_is_an_error(tmp_path: Path) -> None:
    lazy = peers.Peer("lazy", ["sh", "-c", "{agent} {answers} $(head -n 1 {outputs})"])
    scratch = Scratch(tmp_path / "project", "copy.sh", batches=3)
    with pytest.raises(RuntimeError, match="made 1 of 3 outputs"):
        by_peer(lazy, scratch, 3, 2)
