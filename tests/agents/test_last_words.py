"""What an agent's last message is, by the lines of each program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from supervisor.agents.claude.claude_parser import ClaudeParser
from supervisor.agents.claude.claude_terminal import TerminalParser
from supervisor.agents.codex.codex_parser import CodexParser
from supervisor.agents.gemini.gemini_parser import GeminiParser
from supervisor.agents.json_lines_parser import JsonLinesParser
from supervisor.agents.opencode.opencode_parser import OpencodeParser
from supervisor.model.agent_report import LONGEST_MESSAGE, AgentReport
from tests.agents.claude import claude_lines
from tests.agents.codex import codex_lines
from tests.agents.gemini import gemini_lines
from tests.agents.opencode import opencode_lines

ASKED = "Which format do you want,\nJSON or CSV?"
CLAUDE = (
    '{"type":"assistant","message":{"id":"msg_03","type":"message","role":"assistant","model":"claude-sonnet-5-5",'
    '"content":[{"type":"text","text":"Which format do you want,\\nJSON or CSV?"}],"stop_reason":null,"usage":'
    '{"input_tokens":120,"output_tokens":1}},"parent_tool_use_id":null,"session_id":"734f240a-2eb7"}'
)
OF_A_SUBAGENT = CLAUDE.replace("Which format", "What").replace(
    '"parent_tool_use_id":null', '"parent_tool_use_id":"toolu_9"'
)
CODEX = (
    '{"type":"item.completed","item":{"id":"item_2","type":"agent_message",'
    '"text":"Which format do you want,\\nJSON or CSV?"}}'
)
GEMINI = (
    '{"type":"message","timestamp":"2026-11-28T22:06:13.555Z","role":"assistant","content":"Which format do you want,",'
    '"delta":true}',
    '{"type":"message","timestamp":"2026-11-28T22:06:13.560Z","role":"assistant","content":"\\nJSON or CSV?",'
    '"delta":true}',
)
OPENCODE = (
    '{"type":"text","timestamp":1795258989248,"sessionID":"ses_1","part":{"id":"prt_9","messageID":"msg_9",'
    '"type":"text","text":"Which format do you want,\\nJSON or CSV?"}}'
)
SESSIONS = {
    "claude": (ClaudeParser, [claude_lines.SAID, CLAUDE, OF_A_SUBAGENT, claude_lines.RESULT]),
    "codex": (CodexParser, [codex_lines.SAID, CODEX, codex_lines.WARNING, codex_lines.COMPLETED]),
    "gemini": (GeminiParser, [gemini_lines.SAID, gemini_lines.WROTE, *GEMINI, gemini_lines.RESULT]),
    "opencode": (OpencodeParser, [opencode_lines.TEXT, opencode_lines.WRITE, OPENCODE, opencode_lines.TOOL_STEP]),
}


def heard(parser: JsonLinesParser, *lines: str) -> AgentReport:
    for line in lines:
        parser.feed_line(line)
    return parser.heard


@pytest.mark.parametrize("name", SESSIONS)
def test_what_the_model_said_last_is_known_as_it_came(name: str) -> None:
    kind, lines = SESSIONS[name]
    assert heard(kind(), *lines).last_message == ASKED


def test_pieces_of_an_answer_without_an_end_are_known_once_the_session_ended() -> None:
    parser = GeminiParser()
    heard(parser, *GEMINI)
    parser.feed_record("")
    assert parser.heard.last_message == ASKED


def test_after_an_error_the_model_s_words_are_not_what_it_said_last() -> None:
    error = opencode_lines.error("ContextOverflowError", "the prompt is too long")
    assert heard(OpencodeParser(), OPENCODE, error).last_message == ""


def test_what_a_session_ended_with_is_what_claude_code_said_last() -> None:
    report = heard(ClaudeParser(), CLAUDE, claude_lines.failed("invalid_request", "Prompt is too long", 400))
    assert report.last_message == "Prompt is too long"


def test_of_a_message_without_end_its_end_is_kept() -> None:
    piece = json.dumps({"type": "message", "role": "assistant", "content": "x" * 100_000, "delta": True})
    report = heard(GeminiParser(), *[piece] * 30, *GEMINI, gemini_lines.RESULT)
    assert len(report.last_message) == LONGEST_MESSAGE
    assert report.last_message.endswith(f"xx{ASKED}")


def test_the_last_words_are_bounded_and_plain() -> None:
    words = AgentReport(last_message="a" * 5000 + "\x1b[31m red\x07 \r\n").last_words
    assert len(words) == 2000
    assert words.endswith("a red")


def test_one_that_is_typed_into_wrote_its_last_message_down(tmp_path: Path) -> None:
    folder = tmp_path / ".claude" / "projects" / "-s-ws"
    folder.mkdir(parents=True)

    def answer(name: str, text: str, **more: object) -> str:
        content = [{"type": "text", "text": text}]
        message = {"id": name, "role": "assistant", "model": "m", "content": content, "usage": {"output_tokens": 5}}
        return json.dumps({"type": "assistant", "message": message, "sessionId": "289b072f", **more}) + "\n"

    lines = (answer("msg_1", "I begin."), answer("msg_2", ASKED), answer("msg_3", "Of another.", isSidechain=True))
    (folder / "289b072f.jsonl").write_text("".join(lines))
    parser = TerminalParser()
    parser.feed_records(tmp_path)
    assert parser.heard.last_message == ASKED
