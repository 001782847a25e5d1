"""What a request asks of the model and what the answer is made of, in the same words for all protocols and CLIs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from supervisor.model.frozen_model import FrozenModel

Json = Any
"""What CLIs send and get; looked at only where it matters."""
FRESH, CACHED, STORED = 120, 800, 80
"""Input tokens of every request: read anew, read from the provider's cache, written to it."""
SPOKEN, THOUGHT = 40, 10
"""Output tokens of every request: said, and thought before."""
INPUT, OUTPUT = FRESH + CACHED + STORED, SPOKEN + THOUGHT


class Turn(FrozenModel):
    """What a request asks of the model, in the same words for all protocols."""

    prompt: str
    """All system and user text."""
    results: int
    """Tool results so far in the conversation."""
    tools: tuple[str, ...]
    model: str
    freeform: tuple[str, ...] = ()
    """Those of the tools that take a text in place of named arguments."""
    form: Json = None
    """The JSON schema that the answer is to have; none for text."""

    @property
    def main(self) -> bool:
        """Whether it belongs to the work: titles, probes and summaries are asked for without a tool that writes."""
        return any(name in self.tools for name in WRITING)


class Say(NamedTuple):
    text: str


class Write(NamedTuple):
    path: str
    content: str


class Run(NamedTuple):
    command: str


class Call(NamedTuple):
    tool: str
    arguments: Json


Part = Say | Write | Run | Call
"""What a model's answer is made of: text, a call of the tool that writes files, one of the tool that runs commands, one
of any tool by the CLI's own name for it."""


def here_document(path: str, content: str) -> str:
    return f"cat > '{path}' <<'END_OF_OUTPUT'\n{content}\nEND_OF_OUTPUT"


def patch(path: str, content: str) -> str:
    lines = "".join(f"+{line}\n" for line in content.split("\n"))
    return f"*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch\n"


WRITING: dict[str, Callable[[str, str], Json]] = {
    "Write": lambda path, content: {"file_path": path, "content": content},
    "write_file": lambda path, content: {"file_path": path, "content": content},
    "write": lambda path, content: {"filePath": path, "content": content},
    "apply_patch": patch,
    "exec": lambda path, content: f"text(await tools.apply_patch({json.dumps(patch(path, content))}))",
    "exec_command": lambda path, content: {"cmd": here_document(path, content)},
}
"""Arguments by the CLIs' names for the tool; a text is the input of a freeform tool. The first one offered is taken."""
RUNNING: dict[str, Callable[[str], Json]] = {
    "Bash": lambda command: {"command": command, "description": "Run a command"},
    "run_shell_command": lambda command: {"command": command},
    "bash": lambda command: {"command": command, "description": "Run a command"},
    "exec": lambda command: f"text(await tools.exec_command({json.dumps({'cmd': command})}))",
    "exec_command": lambda command: {"cmd": command},
}
SHELL_BESIDE = {"Write": "Bash", "write_file": "run_shell_command", "write": "bash"}
"""What a CLI calls its shell tool when it offers it."""


def tool_call(part: Write | Run | Call, turn: Turn) -> tuple[str, Json]:
    """Name and arguments of the CLI's own tool; the shell is called by its name though it be not offered."""
    if isinstance(part, Call):
        return part
    writer = next(name for name in WRITING if name in turn.tools)
    if isinstance(part, Write):
        return writer, WRITING[writer](part.path, part.content)
    shell = next((name for name in RUNNING if name in turn.tools), SHELL_BESIDE.get(writer, "exec_command"))
    return shell, RUNNING[shell](part.command)
