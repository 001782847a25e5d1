"""One run of the small pipeline while the machine fails: what it came to, and what is wrong with what it left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tests.chaos.machine.aftermath import broken, not_undisturbed, traces
from tests.chaos.machine.faulty_calls import Fault, end_tracer, injected
from tests.support.project_folder import PROGRAM, Running
from tests.support.project_processes import holder
from tests.support.scripted_project import PIPELINE, TARGET, Small
from tests.support.waiting import until

RUN = (*PROGRAM, "run", PIPELINE, TARGET)
WAITS = "no work is possible"
_RESUMABLE = (3, 4)


class Outcome(NamedTuple):
    """What came of a fault."""

    injected: int
    """How many calls failed."""
    status: int
    """What the command ended with in which they failed."""
    waited: bool
    """Whether it said that it waits, and went on."""
    wrong: list[str]
    """What should not be."""


def environment(project: Small) -> dict[str, str]:
    """Python writes nothing of its own."""
    return project.environment(PYTHONDONTWRITEBYTECODE="1")


def suffer(project: Small, fault: Fault, whole: Mapping[str, bytes], failures: int = 0) -> Outcome:
    """Run the job with calls that fail until it waits, and so many failed, or until it has ended; where it ended before
    it was done, run it again."""
    log = project.root / ".calls"
    run = Running([*fault.tracer(log), *RUN], project.root, environment(project))
    until(
        lambda: (waits(project, run) and injected(log) >= failures) or run.process.poll() is not None,
        f"a pause or an end with {fault}",
    )
    wrong = list(broken(project, whole))
    end_tracer(run.pid)
    status = run.end()
    wrong += [*traces(project, run.err, *run.lines), *gone_on(project, status, run.err, whole)]
    return Outcome(injected(log), status, WAITS in run.err, wrong)


def suffer_in_daemon(project: Small, fault: Fault, whole: Mapping[str, bytes]) -> Outcome:
    """The same with a daemon, which goes on by itself with what it has begun."""
    log = project.root / ".calls"
    daemon = Running([*fault.tracer(log), *PROGRAM, "daemon", "--stay"], project.root, environment(project))
    until(lambda: holder(project.state) or daemon.process.poll() is not None, "a daemon, or its end")
    started = project.cli("start", PIPELINE, TARGET, PYTHONDONTWRITEBYTECODE="1")
    wrong = [*broken(project, whole), *traces(project, started.out, started.err)]
    until(lambda: waits(project, daemon) or _over(project, daemon), f"a pause or an end with {fault}")
    end_tracer(daemon.pid)
    waited = waits(project, daemon)
    if started.status != 0 or daemon.process.poll() is not None:
        project.cli("start", PIPELINE, TARGET, PYTHONDONTWRITEBYTECODE="1")
    project.until_ended()
    died = daemon.process.poll() is not None
    daemon.ask_to_end()
    project.end_daemon()
    wrong += [*broken(project, whole), *traces(project, daemon.err), *not_undisturbed(project, whole)]
    return Outcome(injected(log), 4 if died else 0, waited, wrong)


def _over(project: Small, daemon: Running) -> bool:
    return daemon.process.poll() is not None or project.job_status() in (
        "completed",
        "completed_with_gaps",
        "failed",
        "stopped",
    )


def waits(project: Small, run: Running) -> bool:
    """Whether a run says, in one way or the other, that it waits for the machine."""
    return WAITS in run.err or project.job_status() == "paused" or bool(project.events("session_not_started"))


def gone_on(project: Small, status: int, said: str, whole: Mapping[str, bytes]) -> list[str]:
    """What is wrong with the end of a command, and with that of the same command once more where that is needed."""
    wrong = list(broken(project, whole))
    if status in _RESUMABLE:
        again = project.cli("run", PIPELINE, TARGET, PYTHONDONTWRITEBYTECODE="1")
        wrong += traces(project, again.out, again.err)
        if again.status != 0:
            wrong.append(f"it ended with {status}, the same command then with {again.status}: {again.err}")
    elif status != 0:
        return [*wrong, f"it ended with {status}: {said}"]
    return [*wrong, *not_undisturbed(project, whole)]
