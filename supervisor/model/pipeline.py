"""A pipeline as its `pipeline.toml` says it: phases, where their items come from, and what judges their output."""

from __future__ import annotations

import difflib
import re
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from supervisor.model.written_values import FileName, Name, NumberOrText, Seconds, Words, WrittenTable


class Upstream(WrittenTable):
    """Items that come from an earlier phase."""

    phase: int
    """Id of the earlier phase whose merged items these are."""
    by: FileName | None = None
    """Python file beside the pipeline file whose `expand(item_id, payload)` gives zero or more `(id, payload)`."""


class JobInput(WrittenTable):
    """Items that come from what a job was submitted with: a JSON object, id to payload."""

    input: str = Field(min_length=1)
    """The file of the project that is taken where it was not submitted with an input of its own."""


class ItemsFile(WrittenTable):
    """Items that are a part of a file."""

    file: str = Field(min_length=1)
    """A file of the project; `{target}` and the target's named parts may stand in its name."""
    at: str | None = Field(default=None, min_length=1)
    """Where they are in it: a member, or the names on the way to one with dots between; `.` is the whole, as it is."""


def _kind_of_items(value: Any) -> str | None:
    """Which of the ways to name items this is meant to be; None where it is none."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, (Upstream, ItemsFile, JobInput)):
        return type(value).__name__
    if not isinstance(value, dict):
        return None
    ways: dict[str, type[WrittenTable]] = {"phase": Upstream, "input": JobInput, "file": ItemsFile}
    for names in (ways, {"by": Upstream, "at": ItemsFile}):
        for name, way in names.items():
            if name in value:
                return way.__name__
    near = [name for key in value for name in difflib.get_close_matches(key, ways, n=1)]
    return (ways[near[0]] if near else ItemsFile).__name__


Items = Annotated[
    Annotated[str, Field(min_length=1), Tag("text")]
    | Annotated[Upstream, Tag("Upstream")]
    | Annotated[ItemsFile, Tag("ItemsFile")]
    | Annotated[JobInput, Tag("JobInput")],
    Discriminator(_kind_of_items),
    Words("a file's path in quotes, or a table: { phase = 1 }, { file = …, at = … } or { input = … }"),
]
"""Where a phase's items come from."""


class Phase(WrittenTable):
    """One phase: its items, instructions, validator and main file."""

    id: int = Field(ge=0)
    """Number that names the phase; need not be consecutive."""
    name: str = Field(min_length=1, max_length=64)
    """What people call it."""
    kind: str = "session"
    """How its items are answered: the word of a phase kind."""
    items: Items
    """A file of the project (`{target}` and the target's named parts may stand in it) or a part of one, an earlier
    phase, or the job's input."""
    limit: NumberOrText | None = None
    """How many items from the first, a number after filling in the target's named parts; empty means all."""
    intelligence: FileName
    """Instructions for the agent: a Markdown file beside the pipeline file."""
    prompt: FileName | None = None
    """Template in `prompts/<pipeline>/`; without one `batch.md.j2` there, else the built-in one."""
    context: FileName | None = None
    """Python file beside the pipeline file whose `context(batch, merged)` gives what the prompt adds for the batch."""
    validator: str | tuple[str, ...] | None = None
    """Python file in `validators/<pipeline>/`, or a command run there, or none."""
    validator_timeout: Seconds = Field(default=60.0, gt=0, le=86400)
    """Seconds that the project's own code may take for one batch."""
    output: FileName
    """Name of the main file, under `vfs/<collection>/<target>/`; its ending says what kind of file it is."""
    merge: Literal["object", "array"] = "object"
    """Form of the output and of the main file: id to value, or entries that name their id."""
    batch_size: int = Field(default=20, ge=1, le=100_000)
    """Items in a batch."""
    max_attempts: int = Field(default=3, ge=1, le=100)
    """Attempts for a batch before what still fails is quarantined."""
    timeout: Seconds = Field(default=600.0, gt=0, le=7 * 86400)
    """Seconds that one session may take."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """The validator's own settings, as `batch.settings`."""
    progress: int | None = Field(default=None, gt=5, le=100)
    """Progress of the job, in percent, when the phase is done; by default the phases share it evenly."""

    @property
    def items_file(self) -> str | None:
        """File of the project that the items are in; None where they come from an earlier phase."""
        if isinstance(self.items, str):
            return self.items
        if isinstance(self.items, Upstream):
            return None
        return self.items.input if isinstance(self.items, JobInput) else self.items.file

    @property
    def items_at(self) -> str | None:
        """Where in that file they are; None where it holds nothing else."""
        return self.items.at if isinstance(self.items, ItemsFile) else None

    @property
    def upstream(self) -> int | None:
        """Id of the phase whose items these are; None where they come from a file."""
        return self.items.phase if isinstance(self.items, Upstream) else None

    @property
    def items_by(self) -> str | None:
        """File of the function that expands upstream items to this phase's; None where they are taken as they are."""
        return self.items.by if isinstance(self.items, Upstream) else None


class TargetRule(WrittenTable):
    """Which target names the pipeline takes."""

    pattern: str
    """Regular expression for the whole name; its named groups become the target's parts."""
    description: str = ""
    """The same for people, shown where a name is refused."""

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return value


class Pipeline(WrittenTable):
    """A named sequence of phases."""

    name: Name
    """Name, as on the command line and as the folder's name."""
    collection: Name
    """Folder under `vfs/` that holds a folder for every target."""
    version: int | None = Field(default=None, ge=1)
    """Number of this definition. With one, a job keeps the files that it began with to its end."""
    input: FileName | None = None
    """JSON Schema of what a job is submitted with: a file beside the pipeline file."""
    agent: str | None = Field(default=None, min_length=1)
    """Agent where none is named, in place of the project's; or several, separated by commas."""
    target: TargetRule | None = None
    """Rule for target names; without one any name of `[a-z0-9_]` is taken."""
    phases: tuple[Phase, ...] = Field(min_length=1)
    """Phases, each after the ones that it takes items from."""

    @model_validator(mode="after")
    def _phases_fit(self) -> Pipeline:
        seen: set[int] = set()
        outputs: dict[str, int] = {}
        for phase in self.phases:
            if phase.id in seen:
                raise ValueError(f"phase id {phase.id} stands twice")
            if phase.upstream is not None and phase.upstream not in seen:
                raise ValueError(
                    f"phase {phase.id} takes its items from phase {phase.upstream}, which does not stand before it"
                )
            if phase.output in outputs:
                raise ValueError(f"phase {outputs[phase.output]} and phase {phase.id} both write {phase.output}")
            if isinstance(phase.items, JobInput) and self.input is None:
                raise ValueError(f"phase {phase.id} takes the job's input, of which `input` has to name the schema")
            seen.add(phase.id)
            outputs[phase.output] = phase.id
        return self

    def phase(self, phase_id: int) -> Phase:
        """The phase with this id; KeyError where there is none."""
        for phase in self.phases:
            if phase.id == phase_id:
                return phase
        raise KeyError(phase_id)

    def children(self, phase_id: int) -> tuple[Phase, ...]:
        """The phases that take their items from this one."""
        return tuple(phase for phase in self.phases if phase.upstream == phase_id)

    def chain_length(self, phase_id: int) -> int:
        """Sessions from this phase to the end of the longest chain that hangs on it, itself included."""
        return 1 + max((self.chain_length(child.id) for child in self.children(phase_id)), default=0)
