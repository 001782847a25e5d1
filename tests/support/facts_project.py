"""A project directory of a few files for tests, and the real `supervisor` command run in it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.support.commands import Ran, run_anew, run_loaded

_PATIENCE_S = 100.0
SQUARES = """\
import json, os
with open(os.environ["SUPERVISOR_INPUT_FILE"]) as file:
    items = json.load(file)["items"]
with open(os.environ["SUPERVISOR_OUTPUT_FILE"], "w") as file:
    json.dump({i: {"square": p["n"] ** 2} for i, p in items.items()}, file)
"""
"""An agent that squares the `n` of every item."""


class Directory:
    """A directory, and the command run in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, content: str | bytes) -> Path:
        """A file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def environment(self, **more: str) -> dict[str, str]:
        """Variables for a command: nothing of the tester's own settings reaches it."""
        home = self.root / ".home"
        return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "COLUMNS": "200", **more}

    def supervisor(
        self, *words: str | Path, env: dict[str, str] | None = None, cwd: Path | None = None, anew: bool = False
    ) -> Ran:
        """Run `supervisor WORDS` in the project, until it ends.

        By a new Python where that is asked for, or where it gets variables, some of which are read as code is loaded.
        """
        run = run_anew if env or anew else run_loaded
        folder = self.root if cwd is None else cwd
        return run([str(word) for word in words], folder, self.environment(**(env or {})), _PATIENCE_S)

    def run(self, *options: str, target: str = "demo", env: dict[str, str] | None = None) -> Ran:
        """`supervisor run facts demo`."""
        return self.supervisor("run", "facts", target, *options, env=env)

    def result(self, name: str = "facts.json", target: str = "demo") -> Any:
        """A main file."""
        return json.loads((self.root / "vfs" / "facts" / target / name).read_text(encoding="utf-8"))

    def job(self, target: str = "demo") -> dict[str, Any]:
        """What `supervisor status --json` says of the job."""
        ran = self.supervisor("status", f"facts/{target}", "--json")
        assert ran.returncode == 0, ran.stderr
        (job,) = json.loads(ran.stdout)["jobs"]
        return dict(job)

    def files(self) -> dict[str, bytes | None]:
        """Every file of the project with its content; None for a folder."""
        return {
            str(path.relative_to(self.root)): path.read_bytes() if path.is_file() else None
            for path in sorted(self.root.rglob("*"))
        }


class SmallProject(Directory):
    """A directory with one pipeline, `facts`: three numbers, an agent `mine` that squares them, no validator."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.settings()
        self.phases({})
        self.items({"a": {"n": 1}, "b": {"n": 2}, "c": {"n": 3}})
        self.write("phase_intelligence/facts/how.md", "Square the numbers.\n")
        self.agent(SQUARES)

    def settings(self, **changed: Any) -> None:
        """`supervisor.toml`; without changes it has the agent `mine`, and no sandbox around it."""
        command = [sys.executable, "-I", "-S", "{project}/agents/mine.py", "{project}", "{output_file}"]
        mine = {"command": command, **changed.pop("mine", {})}
        lines = [f"{name} = {toml(value)}" for name, value in {"sandbox": "workspace", **changed}.items()]
        lines += ["[agents.mine]", *(f"{name} = {toml(value)}" for name, value in mine.items())]
        self.write("supervisor.toml", "\n".join(lines) + "\n")

    def phases(self, *phases: dict[str, Any], **top: Any) -> None:
        """`pipeline.toml` with these phases, each on top of a usual one; None leaves a key out."""
        self.write("phase_intelligence/facts/pipeline.toml", pipeline_text(*phases, **top))

    def items(self, items: Any, name: str = "vfs/items.json") -> None:
        """An item file in JSON."""
        self.write(name, json.dumps(items))

    def agent(self, source: str) -> None:
        """The program of the agent `mine`, in Python; `sys.argv[1]` is the project, `[2]` the file to write."""
        self.write("agents/mine.py", source)


def pipeline_text(*phases: dict[str, Any], **top: Any) -> str:
    """A pipeline file; see `SmallProject.phases`."""
    usual = {
        "id": 1,
        "name": "facts",
        "items": "vfs/items.json",
        "intelligence": "how.md",
        "output": "facts.json",
    }
    lines = [f"{name} = {toml(value)}" for name, value in {"name": "facts", "collection": "facts", **top}.items()]
    for phase in phases:
        lines.append("[[phases]]")
        lines += [f"{name} = {toml(value)}" for name, value in {**usual, **phase}.items() if value is not None]
    return "\n".join(lines) + "\n"


def toml(value: Any) -> str:
    """A value as TOML: JSON but for tables."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {toml(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def plain_words(text: str) -> str:
    """A text on one line, without the boxes that are drawn around messages about options."""
    return " ".join(text.translate({ord(mark): " " for mark in "│╭╮╰╯─"}).split())
