"""What Claude Code's screens and records mean when it is typed into, and which of its questions are answered."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from supervisor.agents.claude import claude_terminal
from supervisor.agents.claude.claude_terminal import TerminalParser
from supervisor.agents.terminal_dialogs import TerminalProtocol
from supervisor.model.agent_report import AgentReport, Usage
from supervisor.workspaces.session_paths import SessionPaths
from tests.agents.claude.claude_lines import NOW, at

# Screens --------------------------------------------------------------------------------------------------------------

RULE = "─" * 120
FOOT = "  ⏵⏵ accept edits on (shift+tab to cycle)"


def screen(said: str, *, busy: bool = False, input_line: str = "❯") -> str:
    """The screen with something said on it."""
    working = " · esc to interrupt" if busy else ""
    head = " ▐▛███▛█   Claude Code v2.1.330\n▝▜██████▀  Opus 5.5 · API Usage Billing\n\n❯ Go."
    return f"{head}\n\n{said}\n\n{RULE}\n{input_line}\n{RULE}\n{FOOT}{working} · ← for agents\n\n"


def seen(*screens: str) -> TerminalParser:
    parser = TerminalParser(lambda: NOW)
    for text in screens:
        parser.feed_screen(text)
    return parser


@pytest.mark.parametrize(
    ("said", "kind", "until", "final"),
    [
        ("✻ 429 This request would exceed … · retrying in 2s · attempt 3/10", "rate_limit", None, False),
        ("✻ 429 This request would exceed … · retrying in 32s · attempt 7/10", "rate_limit", None, True),
        ("✶ API error · retrying in 32s · attempt 1/10", "overload", None, False),
        ("✻ API error · retrying in 1m 38s · attempt 1/10", "rate_limit", NOW + 98, True),
        ("✻ 5-hour limit reached · retrying in 1h (1:43pm) · attempt 1/10", "usage_limit", at(21, 13, 44), True),
        (
            "✻ Weekly limit reached · retrying in 5h (Nov 24, 11:43am) · attempt 1/10",
            "usage_limit",
            at(24, 11, 44),
            True,
        ),
        ("  ⎿  You've hit your 5-hour limit · resets 1:14pm (UTC)", "usage_limit", at(21, 13, 15), True),
        ("  ⎿  You've hit your session limit · resets 9am (UTC)", "usage_limit", at(22, 9, 1), True),
        ("  ⎿  Credit balance too low · Add funds: https://example.org", "usage_limit", None, True),
        (
            "● API Error: 400 You have reached your specified API usage limits. You will regain access on 2026-12-01"
            " at 00:00\n  UTC.",
            "usage_limit",
            datetime(2026, 12, 1, tzinfo=UTC).timestamp(),
            True,
        ),
        ("✻ 401 invalid x-api-key · retrying in 1s · attempt 1/10", "not_signed_in", None, False),
        ("✻ 401 invalid x-api-key · retrying in 1s · attempt 2/10", "not_signed_in", None, True),
        ("● Please run /login · API Error: 401 OAuth token has expired.", "not_signed_in", None, True),
        ("  ⎿  Not logged in · Please run /login", "not_signed_in", None, True),
        ("● There's an issue with the selected model (claude-x). It may not exist", "wrong_model", None, True),
        ("● API Error: Request rejected (429) · rate limited", "rate_limit", None, True),
        ("● API Error: Repeated 529 Overloaded errors. The API is at capacity", "overload", None, True),
        ("✻ 529 Overloaded · retrying in 1s · attempt 3/10\n  ⎿  If it persists, check", "overload", None, False),
        ("✻ 500 boom · retrying in 1s · attempt 3/10", "overload", None, False),
    ],
)
def test_a_screen_says_what_keeps_it_from_working(said: str, kind: str, until: float | None, final: bool) -> None:
    found = seen(screen(said, busy="retrying" in said)).heard.trouble
    assert found is not None
    assert (found.kind, found.until, found.is_final) == (kind, until, final)
    assert found.remedy if found.needs_person else True


def test_work_ends_a_trouble_that_was_seen() -> None:
    waiting = screen("✻ 529 Overloaded · retrying in 1s · attempt 3/10", busy=True)
    working = screen("● Now I write the file.\n\n✢ Billowing… (3s · ↓ 187 tokens)", busy=True)
    assert seen(waiting, working).heard.trouble is None
    hopeless = screen("  ⎿  Not logged in · Please run /login")
    assert seen(hopeless, working).heard.trouble is not None


@pytest.mark.parametrize(
    "said",
    ["● Finished: the errors are API Error: 529 and others.", "  the limit: You've hit your 5-hour limit", "❯ Go."],
)
def test_what_it_says_of_errors_is_none(said: str) -> None:
    assert seen(screen(said)).heard.trouble is None


def test_an_option_that_it_does_not_know_is_a_person_s_to_mend() -> None:
    parser = TerminalParser()
    parser.finish(1, "error: unknown option '--nonsense'")
    assert parser.heard.trouble is not None
    assert parser.heard.trouble.kind == "set_up_wrongly"


# Records of interactive sessions --------------------------------------------------------------------------------------


def record(home: Path, *lines: dict[str, Any]) -> AgentReport:
    folder = home / ".claude" / "projects" / "-s-ws"
    folder.mkdir(parents=True)
    (folder / "289b072f.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"half":')
    parser = TerminalParser()
    parser.feed_records(home)
    return parser.heard


def answer(name: str, spoken: int, **more: Any) -> dict[str, Any]:
    usage = {"input_tokens": 11, "cache_creation_input_tokens": 22, "cache_read_input_tokens": 33}
    message = {"id": name, "model": "claude-opus-5-5", "usage": {**usage, "output_tokens": spoken}}
    return {"parentUuid": "7e70", "message": message, "type": "assistant", "sessionId": "289b072f", **more}


def test_an_interactive_session_tells_what_it_cost_in_its_record(tmp_path: Path) -> None:
    counts = {"inputTokens": 22, "outputTokens": 88, "cacheReadInputTokens": 66, "cacheCreationInputTokens": 44}
    costs = {"type": "cost-state", "totalCostUSD": 0.0020812, "modelUsage": {"claude-opus-5-5": counts}}
    found = record(tmp_path, {"type": "mode"}, answer("msg_01", 44), answer("msg_02", 44), costs, costs)
    assert (found.model, found.provider_session_id) == ("claude-opus-5-5", "289b072f")
    assert found.usage == Usage(
        cost_usd=0.0020812, input_tokens=22, output_tokens=88, cache_read_tokens=66, cache_write_tokens=44
    )


def test_one_that_was_killed_tells_its_tokens(tmp_path: Path) -> None:
    refused = answer("f377", 0, error="rate_limit")
    found = record(tmp_path, answer("msg_01", 1), answer("msg_01", 44), answer("msg_02", 5), refused)
    assert found.usage == Usage(input_tokens=22, output_tokens=49, cache_read_tokens=66, cache_write_tokens=44)


# Questions ----------------------------------------------------------------------------------------------------------


def test_without_a_key_there_is_none_to_approve(tmp_path: Path, paths: SessionPaths) -> None:
    assert "customApiKeyResponses" not in json.loads(claude_terminal.settings(paths.workspace, None))


TRUST = " Accessing workspace:\n\n /s/ws\n\n Quick safety check\n\n{}\n\n Enter to confirm · Esc to cancel"
USE_KEY = (
    "  Detected a custom API key\n\n  Do you want to use this API key?\n\n{}\n\n  Enter to confirm · Esc to cancel"
)
WRITE = " Do you want to create out.json?\n ❯ 1. Yes\n   2. Yes, and …\n   3. No\n\n Esc to cancel · Tab to amend"


def matched(pattern: str | None, text: str) -> bool:
    return pattern is not None and re.search(pattern, text, re.MULTILINE) is not None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (TRUST.format(" ❯ No, exit\n   Yes, I trust this folder"), "\x1b[B"),
        (TRUST.format("   No, exit\n ❯ Yes, I trust this folder"), "\r"),
        (TRUST.format(" ❯ 1. Yes, I trust this folder\n   2. No, exit"), "\r"),
        (USE_KEY.format("    Yes\n  ❯ No (recommended)"), "\x1b[A"),
        (USE_KEY.format("  ❯ Yes\n    No (recommended)"), "\r"),
        (WRITE, None),
    ],
)
def test_what_it_may_ask_at_its_start_is_answered_by_what_is_chosen(text: str, answer: str | None) -> None:
    typing: TerminalProtocol = claude_terminal.typing(())
    found = [dialog.answer for dialog in typing.dialogs if matched(dialog.shows, text)]
    assert found[:1] == ([] if answer is None else [answer])
    assert matched(typing.asks, text)
    assert not matched(typing.ready, text)


def test_it_is_ready_when_its_input_is_empty_and_at_work_while_it_can_be_interrupted() -> None:
    typing = claude_terminal.typing(())
    assert matched(typing.ready, screen("")) and not matched(typing.busy, screen(""))
    assert matched(typing.ready, screen("", input_line='❯ Try "fix lint errors"'))
    assert matched(typing.busy, screen("✻ Billowing…", busy=True))
    assert not matched(typing.ready, screen("", input_line="❯ Do what the pasted text says: [Pasted text #1]"))
    assert not matched(typing.asks, screen("● Finished."))
