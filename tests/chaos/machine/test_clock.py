"""The clock is set anew while a job runs: nothing takes more or less time for it, and nothing is deleted early."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from supervisor.host.steady_clock import SteadyClock
from tests.chaos.machine.aftermath import not_undisturbed, traces
from tests.chaos.machine.other_clock import Clock
from tests.chaos.machine.three_phases import AGENT, lay_out
from tests.chaos.machine.trial import RUN, environment
from tests.chaos.machine.undisturbed import Calm
from tests.support.project_folder import Running
from tests.support.scripted_project import PIPELINE, TARGET, Small, open_gate
from tests.support.waiting import until

HOUR, DAY = 3600, 24 * 3600
_JUMPS = pytest.mark.parametrize("jump", [-DAY, DAY], ids=["back", "on"])
_FIRST = "phase == 1 and batch == 1 and session == 1"
_GATED = f"if {_FIRST}:\n    wait_at('gate')\n{AGENT}"
_STAYS = f"if {_FIRST}:\n    wait_at('gate')\n{AGENT}if {_FIRST}:\n    signal.pause()\n"
_SILENT = f"""\
if {_FIRST}:
    wait_at("gate")
    for number in range(40):
        mark("alive", number)
        time.sleep(0.1)
{AGENT}"""
_LIMITED = f"""\
if {_FIRST}:
    print(json.dumps({{"type": "supervisor_limit", "message": "used up", "until": time.time() + 2}}), flush=True)
    sys.exit(75)
{AGENT}"""


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


def _begun(root: Path, clock: Clock, agent: str, **settings: float) -> tuple[Small, Running]:
    project = lay_out(root, agent=agent, settings={"concurrency": 2, **settings})
    return project, Running(list(RUN), project.root, environment(project) | clock.variables)


def _completes(project: Small, run: Running, calm: Calm, figures: dict[str, int]) -> None:
    status = run.end()
    wrong = [*traces(project, run.err, *run.lines), *not_undisturbed(project, calm.main_files)]
    wrong += [f"{row['name']}: {row['outcome']}" for row in project.rows(_UNEXPECTED)]
    for event in project.events("batch_ended"):
        if not 0 <= event["data"]["elapsed_s"] < HOUR or not 0 <= (event["data"]["eta_s"] or 0) < HOUR:
            wrong.append(event["text"])
    if not 0 <= project.status()["elapsed_s"] < HOUR:
        wrong.append("the time that the job took")
    figures |= {"runs": 1, "faults": 1, "wrong": len(wrong)}
    assert not wrong, "\n".join(wrong)
    assert status == 0, run.err


_UNEXPECTED = "SELECT name, outcome FROM attempts WHERE outcome NOT IN ('passed', 'limited')"


@_JUMPS
@pytest.mark.parametrize("agent", [_GATED, _STAYS], ids=["ends", "stays"])
def test_an_output_is_complete_as_soon_as_ever(
    agent: str, jump: int, clock: Clock, tmp_path: Path, calm: Calm, figures: dict[str, int]
) -> None:
    project, run = _begun(tmp_path / "project", clock, agent)
    session = project.at_gate()[0]
    clock.set(jump)
    open_gate(session)
    _completes(project, run, calm, figures)


@_JUMPS
def test_a_session_that_only_touches_files_is_not_taken_for_stalled(
    jump: int, clock: Clock, tmp_path: Path, calm: Calm, figures: dict[str, int]
) -> None:
    project, run = _begun(tmp_path / "project", clock, _SILENT, startup_timeout=2, stall_timeout=2)
    session = project.at_gate()[0]
    clock.set(jump)
    open_gate(session)
    _completes(project, run, calm, figures)


@_JUMPS
def test_a_pause_until_a_time_takes_no_longer(
    jump: int, clock: Clock, tmp_path: Path, calm: Calm, figures: dict[str, int]
) -> None:
    project, run = _begun(tmp_path / "project", clock, _LIMITED)
    until(lambda: project.events("agent_limited"), "a limit")
    clock.set(jump)
    _completes(project, run, calm, figures)


@_JUMPS
def test_a_daemon_is_still_known_and_stopped_and_goes_on(
    jump: int, clock: Clock, tmp_path: Path, calm: Calm, figures: dict[str, int]
) -> None:
    project = lay_out(tmp_path / "project", agent=_GATED)
    assert project.cli("start", PIPELINE, TARGET, **clock.variables).status == 0
    project.at_gate()
    clock.set(jump)
    project.done("status")
    assert "already" in project.done("start", PIPELINE, TARGET).out
    project.done("stop")
    assert project.job_status() == "stopped"
    project.done("resume", f"{PIPELINE}/{TARGET}")
    assert project.until_ended() == "completed"
    project.end_daemon()
    wrong = [*traces(project), *not_undisturbed(project, calm.main_files)]
    figures |= {"runs": 1, "faults": 1, "wrong": len(wrong)}
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "change", [datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 10, 31, 1, tzinfo=UTC)], ids=["spring", "autumn"]
)
def test_daylight_saving_begins_or_ends_under_way(
    change: datetime, clock: Clock, tmp_path: Path, calm: Calm, figures: dict[str, int]
) -> None:
    clock.variables["TZ"] = "Europe/Berlin"
    ahead = int(change.timestamp() - datetime.now(UTC).timestamp())
    clock.set(ahead - HOUR // 2)
    project, run = _begun(tmp_path / "project", clock, _GATED)
    session = project.at_gate()[0]
    clock.set(ahead + HOUR // 2)
    open_gate(session)
    _completes(project, run, calm, figures)


def test_nothing_becomes_old_by_a_clock_that_is_set_on() -> None:
    at = {"clock": 1000.0, "seconds": 5.0}
    steady = SteadyClock(_reads(at, "clock"), _reads(at, "seconds"))
    at.update(clock=1000.0 + DAY, seconds=15.0)
    assert steady.now() == 1010.0
    at.update(clock=900.0)
    assert steady.now() == 900.0


def _reads(at: dict[str, float], name: str) -> Callable[[], float]:
    return lambda: at[name]
