"""A disk that takes long: everything takes longer, and nothing else is different."""

from __future__ import annotations

import pytest

from tests.chaos.machine.aftermath import not_undisturbed, traces
from tests.chaos.machine.faulty_calls import slowed
from tests.chaos.machine.three_phases import lay_out
from tests.chaos.machine.trial import RUN, environment
from tests.chaos.machine.undisturbed import Calm
from tests.support.project_folder import Running
from tests.support.scripted_project import Small

_DELAY_S = {"fsync,fdatasync": 0.15, "pwrite64,write": 0.005, "openat,mkdir,rename": 0.005}


@pytest.mark.parametrize("calls", _DELAY_S)
def test_no_session_is_taken_for_stalled_on_a_slow_disk(
    calls: str, calm: Calm, three_phases: Small, figures: dict[str, int]
) -> None:
    project = lay_out(three_phases.root / "slow", settings={"startup_timeout": 5, "stall_timeout": 5})
    log = project.root / ".calls"
    run = Running([*slowed(log, calls, _DELAY_S[calls]), *RUN], project.root, environment(project))
    status = run.end()
    wrong = [*traces(project, run.err, *run.lines), *not_undisturbed(project, calm.main_files)]
    wrong += [f"{row['name']} is {row['outcome']}" for row in project.rows("SELECT * FROM attempts WHERE NOT counted")]
    delayed = log.read_text(encoding="utf-8").count("(DELAYED)")
    figures |= {"runs": 1, "faults": delayed, "wrong": len(wrong)}
    assert not wrong, "\n".join(wrong)
    assert status == 0 and delayed
