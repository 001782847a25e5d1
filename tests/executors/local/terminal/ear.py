"""A listener that keeps the lines that it hears."""

from __future__ import annotations

from supervisor.agents.output_parser import OutputParser


class Ear(OutputParser):
    """Hears what a session prints, as an agent's own parser does."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def feed_line(self, line: str) -> None:
        self.lines.append(line)
