"""Every error of the supervisor: each says what is wrong, where, and what to do."""

from __future__ import annotations


class SupervisorError(Exception):
    """Something that a person has to know; `exit_code` is what the command ends with."""

    exit_code = 4

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        place = f"{where}: " if where else ""
        advice = f"\n  {remedy}" if remedy else ""
        super().__init__(f"{place}{what}{advice}")

    def in_one_line(self, *, placed: bool = True) -> str:
        """The same as sentences on one line, for logs and tables; not `placed`: without where it is."""
        place = f"{self.where}: " if placed and self.where else ""
        return sentences(f"{place}{self.what}", self.remedy)


def sentences(*parts: str) -> str:
    """The parts on one line, each ended by a full stop before the next, unless it ends itself."""
    flat = [" ".join(part.split()) for part in parts]
    ended = [part if part.endswith((".", "!", "?", ":", ";", "…")) else f"{part}." for part in flat if part]
    return " ".join([*ended[:-1], *[part for part in flat if part][-1:]])


class UsageError(SupervisorError):
    """The command, an option, a name or a file that a person wrote is wrong."""

    exit_code = 2


class ProjectError(UsageError):
    """There is no project here, or its settings are malformed."""


class PipelineError(UsageError):
    """A pipeline file, or a file that it names, is missing or malformed."""


class SourceError(UsageError):
    """An item file is missing or malformed, or an id in it is."""


class EmptySource(SupervisorError):
    """There are no items to work on."""

    exit_code = 1


class InputError(UsageError):
    """What a job was submitted with is not what its pipeline takes."""


class TargetError(UsageError):
    """A target's name is not one that the pipeline takes."""


class JobError(UsageError):
    """There is no such job, or it is not in a state for what was asked."""


class CannotContinue(SupervisorError):
    """The work cannot be done here and now; nothing of it is lost."""

    exit_code = 4


class AgentError(CannotContinue):
    """The agent is missing, cannot be started, or said that it cannot work."""


class BudgetSpent(CannotContinue):
    """A limit that the job was given is reached: money, sessions or time."""

    def __init__(self, what: str, *, where: str = "") -> None:
        remedy = "Run the same command with a higher limit to go on. With 0 there is none."
        super().__init__(what, where=where, remedy=remedy)


class FailingAlike(CannotContinue):
    """Session after session failed in the same way: it is not the items, but how the job is set up."""


class CapacityError(CannotContinue):
    """The machine does not allow a single session."""


class ProjectLocked(CannotContinue):
    """Another supervisor works on this project."""


class SinkLocked(CannotContinue):
    """Another program holds the lock of a file of results."""


class StoreError(CannotContinue):
    """The store cannot be opened, or was made by another version."""


class UnforeseenError(CannotContinue):
    """An exception that should not have come: a fault of an installed package, or of the supervisor."""


class ProjectCodeError(SupervisorError):
    """A project's own code (validator, `by`, `context`) crashed or hung; no fault of the agent."""
