"""What agents tell in words can be written down, whatever JSON can spell; names are short and on one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from supervisor.agents.bounded_report import LONGEST_NAME
from supervisor.agents.claude.claude_terminal import TerminalParser
from supervisor.agents.codex.codex_parser import CodexParser
from supervisor.agents.json_lines_parser import JsonLinesParser, as_event
from supervisor.model.agent_report import AgentReport
from tests.agents.every_parser import PARSERS

TEXT = "a \\ud83d, \\uDE00\\ud83d b"
TELLS = {
    "claude": [
        '{"type":"system","subtype":"init","model":"TEXT","session_id":"TEXT"}',
        '{"type":"assistant","message":{"id":"TEXT","model":"TEXT","content":[{"type":"text","text":"TEXT"}]}}',
        '{"type":"assistant","error":"rate_limit","message":{"content":[{"type":"text","text":"TEXT"}]}}',
    ],
    "codex": [
        '{"type":"thread.started","thread_id":"TEXT"}',
        '{"type":"item.completed","item":{"type":"agent_message","text":"TEXT"}}',
        '{"type":"turn.failed","error":{"message":"You\'ve hit your usage limit. TEXT"}}',
    ],
    "command": ['{"type":"supervisor_limit","message":"TEXT"}'],
    "gemini": [
        '{"type":"init","model":"TEXT","session_id":"TEXT"}',
        '{"type":"message","role":"assistant","content":"TEXT"}',
        '{"type":"result","status":"error","error":{"message":"exhausted your daily quota TEXT"},"stats":{"models":'
        '{"TEXT":{"total_tokens":5}}}}',
    ],
    "opencode": [
        '{"type":"model","model":"TEXT","sessionID":"TEXT"}',
        '{"type":"text","part":{"text":"TEXT"}}',
        '{"type":"retry","status":{"message":"TEXT"}}',
    ],
}


def heard(name: str, told: str) -> AgentReport:
    parser: JsonLinesParser = PARSERS[name]()
    for line in TELLS[name]:
        parser.feed_line(line.replace("TEXT", told))
    return parser.heard


@pytest.mark.parametrize("name", PARSERS)
def test_whatever_is_told_can_be_written_down(name: str) -> None:
    report = heard(name, TEXT)
    text = str([report.model_dump(), report.last_words])
    assert text.encode().decode() == text
    assert "a \ufffd, \ufffd\ufffd b" in str(report.model_dump())


def test_pairs_stay_what_they_are_and_so_does_what_only_looks_like_half_of_one() -> None:
    assert as_event(r'{"a": "\ud83d\ude00", "b": "\\ud83d"}') == {"a": "😀", "b": "\\ud83d"}


def test_half_a_pair_is_replaced_in_names_and_at_any_depth() -> None:
    inner = {"a": ["\ufffd", 1.5, None, True]}
    assert as_event(r'{"\ud800": [{"a": ["\udfff", 1.5, null, true]}]}') == {"\ufffd": [inner]}


def test_what_no_parser_can_follow_is_no_event() -> None:
    assert as_event('{"a": "\\ud83d", "b": ' + "[" * 900 + "]" * 900 + "}") is not None
    assert as_event('{"a": "\\ud83d", "b": ' + "[" * 100_000 + "]" * 100_000 + "}") is None


@pytest.mark.parametrize("name", ["claude", "codex", "gemini", "opencode"])
def test_names_are_short_and_on_one_line(name: str) -> None:
    report = heard(name, "m\\u0000\\n\\u001b[31m1 " + "x" * 5000)
    names = [each for each in (report.model, report.provider_session_id) if each is not None]
    assert names
    for each in names:
        assert len(each) == LONGEST_NAME
        assert each.startswith("m 1 xxx")


def test_what_a_record_in_the_home_tells_can_be_written_down(tmp_path: Path) -> None:
    folder = tmp_path / ".claude" / "projects" / "-s-ws"
    folder.mkdir(parents=True)
    message = {"id": "\ud800", "model": "\ud800", "content": [{"type": "text", "text": "\ud800"}], "usage": {}}
    record = {"type": "assistant", "message": message, "sessionId": "\ud800"}
    (folder / "one.jsonl").write_text(json.dumps(record) + "\n")
    parser = TerminalParser()
    parser.feed_records(tmp_path)
    assert (parser.heard.model, parser.heard.last_message) == ("\ufffd", "\ufffd")
    codex = CodexParser()
    codex.feed_record([json.dumps({"type": "turn_context", "payload": {"model": "\ud800"}})])
    assert codex.heard.model == "\ufffd"
