"""What a session comes to that was ended for something of which nothing is known any more at its end."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from supervisor.executors.local.session_outcome import session_outcome
from supervisor.executors.local.terminal.redaction import Redactor
from supervisor.model.agent_report import AgentReport, Usage
from supervisor.model.json_document import JsonDocument


class _Agent:
    def parse_files(self, home: Path, parser: Any) -> None:
        """It left nothing."""

    def priced(self, usage: Usage) -> Usage:
        return usage

    def display(self, line: str) -> str:
        return line


def test_one_that_was_ended_without_a_word_why_is_refused_in_words(tmp_path: Path) -> None:
    monitor: Any = SimpleNamespace(
        agent=_Agent(),
        heard=AgentReport(),
        home=tmp_path,
        output=SimpleNamespace(path=tmp_path / "output.json"),
        parser=None,
        transcript=SimpleNamespace(tail=lambda: ""),
        mask=Redactor([]),
        typist=None,
    )
    result = session_outcome(monitor, "troubled", None, 1.0, JsonDocument(b'{"i01": 1}'))
    assert result.refusal is not None
    assert result.refusal.message == "the session was ended before it came to its end"
