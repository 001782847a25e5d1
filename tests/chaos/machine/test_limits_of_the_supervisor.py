"""The supervisor itself may have few open files, small ones, few processes: it does with them, or waits and says so."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.host.cgroups import hierarchies
from tests.chaos.machine.aftermath import broken, traces
from tests.chaos.machine.three_phases import lay_out, main_files
from tests.chaos.machine.trial import RUN, WAITS, environment, gone_on, waits
from tests.chaos.machine.undisturbed import Calm
from tests.support import processes
from tests.support.project_folder import PROGRAM, Running
from tests.support.project_processes import holder
from tests.support.scripted_project import PIPELINE, TARGET, Small
from tests.support.waiting import until

ITEMS = 40
"""Twenty batches in each phase, so that sixteen sessions run at once."""
CROWD = {"concurrency": 16}


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The main files of the larger job, made without limits."""
    project = lay_out(tmp_path_factory.mktemp("crowd").resolve() / "project", settings=CROWD, items=ITEMS)
    project.run()
    return main_files(project)


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Small]:
    """The larger job, before it begins."""
    project = lay_out(tmp_path.resolve() / "project", settings=CROWD, items=ITEMS)
    yield project
    processes.none_left(project.root)


def _limited(project: Small, *words: str) -> Running:
    return Running([*words, *RUN], project.root, environment(project))


@pytest.mark.parametrize("files", [32, 40, 52])
def test_sixteen_sessions_get_by_with_few_open_files(
    files: int, busy: Small, crowd: dict[str, bytes], figures: dict[str, int]
) -> None:
    run = _limited(busy, "prlimit", f"--nofile={files}:{files}")
    status = run.end()
    wrong = [*traces(busy, run.err), *gone_on(busy, status, run.err, crowd)]
    refused = len(busy.events("machine_fault")) + len(busy.events("session_not_started"))
    figures |= {"runs": 1, "faults": refused, "waited": bool(refused), "stopped": status != 0, "wrong": len(wrong)}
    assert not wrong, "\n".join(wrong)


def test_a_limit_of_file_sizes_is_waited_for_until_somebody_raises_it(
    busy: Small, crowd: dict[str, bytes], figures: dict[str, int]
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    run = _limited(busy, "prlimit", f"--fsize=1000000:{before[1] if before[1] >= 0 else 'unlimited'}")
    until(lambda: WAITS in run.err, "a pause")
    wrong = list(broken(busy, crowd))
    for each in processes.of_project(busy.root):
        resource.prlimit(each.pid, resource.RLIMIT_FSIZE, before)
    status = run.end()
    wrong += [*traces(busy, run.err), *gone_on(busy, status, run.err, crowd)]
    figures |= {"runs": 1, "faults": len(busy.events("machine_fault")), "waited": 1, "wrong": len(wrong)}
    assert not wrong, "\n".join(wrong)
    assert status == 0, run.err


def test_a_daemon_without_the_files_for_one_session_waits_and_the_next_one_goes_on(
    busy: Small, crowd: dict[str, bytes], figures: dict[str, int]
) -> None:
    words = ["prlimit", "--nofile=28:28", *PROGRAM, "daemon", "--stay"]
    daemon = Running(words, busy.root, environment(busy))
    until(lambda: holder(busy.state), "a daemon")
    assert busy.cli("start", PIPELINE, TARGET).status == 0
    until(lambda: WAITS in daemon.err, "a pause")
    assert "no work is possible: not even one session is possible: 28 open files for one process" in daemon.err
    assert busy.job_status() == "paused"
    status = daemon.ask_to_end()
    wrong = [*traces(busy, daemon.err), *gone_on(busy, status, daemon.err, crowd)]
    figures |= {"runs": 1, "faults": len(busy.events("machine_fault")), "waited": 1, "wrong": len(wrong)}
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("count", [5, 6, 7])
def test_a_limit_of_processes_is_waited_for_until_somebody_raises_it(
    count: int, three_phases: Small, calm: Calm, figures: dict[str, int]
) -> None:
    group = _group(three_phases, count)
    try:
        run = _limited(three_phases, "sh", "-c", 'echo $$ > "$0/cgroup.procs"; exec "$@"', str(group))
        until(lambda: waits(three_phases, run) or run.process.poll() is not None, "a pause")
        (group / "pids.max").write_text("max")
        status = run.end()
        wrong = [*traces(three_phases, run.err), *gone_on(three_phases, status, run.err, calm.main_files)]
    finally:
        until(lambda: not (group / "cgroup.procs").read_text(), "an empty group")
        group.rmdir()
    refused = len(three_phases.events("machine_fault")) + len(three_phases.events("session_not_started"))
    figures |= {"runs": 1, "faults": refused, "waited": status == 0, "stopped": status != 0, "wrong": len(wrong)}
    assert not wrong, "\n".join(wrong)


def _group(project: Small, count: int) -> Path:
    """A control group for so many processes and threads; skips where this process may make none."""
    parent = next((folder for names, folder in hierarchies().items() if "pids" in names), None)
    if parent is None:
        pytest.skip("no control group that counts processes can be made here, and root's are not counted otherwise")
    group = parent / f"machine-test-{os.getpid()}-{count}-{project.root.parent.name}"
    group.mkdir()
    (group / "pids.max").write_text(str(count))
    return group
