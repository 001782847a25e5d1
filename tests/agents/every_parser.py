"""The parsers of all kinds of agents that print JSON lines."""

from __future__ import annotations

from supervisor.agents.claude.claude_parser import ClaudeParser
from supervisor.agents.codex.codex_parser import CodexParser
from supervisor.agents.command_cli import CommandParser
from supervisor.agents.gemini.gemini_parser import GeminiParser
from supervisor.agents.json_lines_parser import JsonLinesParser
from supervisor.agents.opencode.opencode_parser import OpencodeParser

PARSERS: dict[str, type[JsonLinesParser]] = {
    "claude": ClaudeParser,
    "codex": CodexParser,
    "command": CommandParser,
    "gemini": GeminiParser,
    "opencode": OpencodeParser,
}
