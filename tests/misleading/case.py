"""What a misleading case is: a project that could be believed too early, and what has to come of its run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tests.support.scripted_project import ANSWER, Small, numbered, said

ITEMS = numbered(2)
"""Two items, which are one batch."""
SOON = {"finish_timeout": 0.2}
"""For agents that never end: an answer stands after so many seconds."""
STAYS = "while True:\n    signal.pause()\n"
"""What an agent does that never ends."""
NULLS = "write(dict.fromkeys(items))\n"
"""A draft: all ids are there, and nothing else is."""
RIGHT = """\
def validate(batch, output, merged):
    wrong = [i for i, p in batch.items.items() if output[i] != {"said": p}]
    return ValidationReport(errors=[
        ValidationError(type="wrong", item_id=i, message=f"it is {output[i]}", suggestion="say it") for i in wrong])
"""
"""The validator that passes what is right, and nothing else."""


class Exactly(NamedTuple):
    """Status 0, and exactly this main file; without one, that of the agent that does what it is asked."""

    main: Any = None
    words: Sequence[str] = ()
    """What the terminal has to say besides."""
    sessions: int | None = None
    """How many were started, where that matters."""


class Told(NamedTuple):
    """Another status, and the reason in words: on the terminal, and in `status` where there is a job."""

    status: int
    words: Sequence[str]
    main: Any = None
    """What is in the main file all the same: nothing, or some of the items, answered rightly; or how many of them."""
    sessions: int | None = None


class Case(NamedTuple):
    """One project, its last run, and what has to come of it."""

    name: str
    """What misleads."""
    comes: Exactly | Told
    agent: str = ANSWER
    items: Any = ITEMS
    phase: Mapping[str, Any] = {}
    """Keys of the first phase."""
    later: Sequence[Mapping[str, Any]] = ()
    """The phases after it."""
    validator: str | None = None
    """Text of the first phase's validator in Python."""
    command: str | None = None
    """The same as a command, in the shell's language."""
    settings: Mapping[str, Any] = {}
    agents: Mapping[str, str] = {}
    """Programs of further agents."""
    functions: Mapping[str, str] = {}
    files: Mapping[str, str | bytes | None] = {}
    """Files of the project that are written anew at last; None: they are not there."""
    options: Sequence[str] = ()
    before: Callable[[Small], object] | None = None
    """What happens before the last run."""

    def lay_out(self, small: Small) -> None:
        """Write the project; a batch has one attempt where nobody says otherwise."""
        phase = dict(self.phase)
        if self.validator is not None:
            phase["validator"] = "check.py"
        if self.command is not None:
            phase["validator"] = ["sh", "check.sh"]
            small.write("validators/small/check.sh", self.command)
        small.lay_out(
            self.items,
            agent=self.agent,
            agents=self.agents,
            phases=[phase, *self.later],
            validators={} if self.validator is None else {"check.py": self.validator},
            functions=self.functions,
            settings={"max_attempts": 1, **self.settings},
        )
        for name, content in self.files.items():
            if content is None:
                (small.root / name).unlink()
            elif isinstance(content, bytes):
                (small.root / name).parent.mkdir(parents=True, exist_ok=True)
                (small.root / name).write_bytes(content)
            else:
                small.write(name, content)

    @property
    def right(self) -> dict[str, Any]:
        """What the main file holds where everything is right."""
        if isinstance(self.comes, Exactly) and self.comes.main is not None:
            main: dict[str, Any] = self.comes.main
            return main
        return said(self.items)


def written(text: str | bytes) -> str:
    """An agent that writes this into its output, byte by byte as it is given."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return f"output.write_bytes({data!r})\n"


TEXT = json.dumps(said(ITEMS))
"""The right output for the two items."""
ROWS = json.dumps([{"id": item_id, **answer} for item_id, answer in said(ITEMS).items()])
"""The same as an array of entries."""
