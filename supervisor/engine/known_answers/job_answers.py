"""The places where answers of one job may be known, made when it begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from supervisor.engine.accounting.job_progress import JobProgress
from supervisor.engine.job_context import JobContext
from supervisor.engine.known_answers.answer_chain import AnswerChain
from supervisor.engine.known_answers.captured_outputs import CapturedOutputs
from supervisor.engine.known_answers.known_answer import KnownAnswers
from supervisor.engine.known_answers.restored_answers import RestoredAnswers
from supervisor.engine.known_answers.unrecorded_sessions import UnrecordedSessions
from supervisor.errors import UsageError
from supervisor.executors.open_executors import OpenExecutors
from supervisor.host import entry_points
from supervisor.model.session_handle import SessionHandle
from supervisor.project.project import Project

GROUP = "supervisor.known_answers"
"""Entry points of other packages: functions of a JobContext that give one more place, which is asked after ours where
a project names it in `known_answers`."""


class JobAnswers(NamedTuple):
    """Where answers are looked up before a session starts, in this order."""

    captured: CapturedOutputs
    restored: RestoredAnswers
    unrecorded: UnrecordedSessions
    chain: AnswerChain

    @classmethod
    def of(cls, context: JobContext, executors: OpenExecutors, progress: JobProgress) -> JobAnswers:
        """Those of a job as it begins."""
        captured = CapturedOutputs(context, executors)
        restored = RestoredAnswers(context.project.state, context.database, context.id)
        unrecorded = UnrecordedSessions(context, executors, progress)
        chosen = [place(context) for place in chosen_places(context.project)]
        return cls(captured, restored, unrecorded, AnswerChain([captured, restored, unrecorded, *chosen]))

    def take_running(self, batch: int) -> Sequence[tuple[int, SessionHandle]]:
        """Attempts of a batch whose sessions outlived their supervisor, and where they are; told once."""
        return self.captured.running.pop(batch, ())

    def has_more(self, batch: int) -> bool:
        """Whether a batch has sessions to follow, or outputs to judge, that were started by an earlier supervisor."""
        return self.captured.has(batch)

    def highest_number(self, phase: int, batch: int) -> int:
        """The highest number of a session of a batch that has a folder, though the store does not know it."""
        return self.unrecorded.highest_number(phase, batch)


def chosen_places(project: Project) -> list[Callable[[JobContext], KnownAnswers]]:
    """What the project names in `known_answers`; UsageError where one is not there, or does not load."""
    names = project.settings.known_answers
    offered = entry_points.offered(GROUP) if names else {}
    for name in names:
        if name not in offered:
            raise UsageError(
                f"there are no known answers {name!r}",
                where=f"known_answers in {project.settings_file.name}",
                remedy=f"Installed packages offer: {', '.join(sorted(offered)) or 'none'}.",
            )
    return [entry_points.load(offered[name], "place of known answers") for name in names]
