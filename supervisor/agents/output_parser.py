"""The door to what an agent's program prints: a parser that is fed lines, and says what they meant so far."""

from __future__ import annotations

from supervisor.model.agent_report import AgentReport


class OutputParser:
    """Hears what one session prints; this one makes nothing of it."""

    def __init__(self) -> None:
        self.heard = AgentReport()
        """What it meant so far."""

    def feed_line(self, line: str) -> None:
        """Take the next whole line, as plain text without its end."""

    def feed_screen(self, screen: str) -> None:
        """Take what the screen shows now, of a session that is typed into."""

    def finish(self, exit_status: int | None, last_lines: str) -> None:
        """Take how the session ended, where it ended by itself: negative for a signal, None for unknown."""
