"""Claude Code with its terminal typed into: how it is talked to, what its screen means, what it wrote down."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from supervisor.agents.claude.claude_failures import (
    LONGEST_WAIT_S,
    NOT_SIGNED_IN,
    OVERLOAD,
    RATE_LIMIT,
    SETTINGS,
    USAGE_LIMIT,
    WRONG_MODEL,
    Meaning,
    next_time_of_day,
    regained_at,
    why_not_started,
)
from supervisor.agents.claude.claude_parser import ANSWER, BY_MODEL, sum_of, text_of
from supervisor.agents.json_lines_parser import JsonLinesParser, as_event, dollars, words
from supervisor.agents.terminal_dialogs import TerminalDialog, TerminalProtocol
from supervisor.host.untrusted_folder import texts_below

SWITCHES = {
    "TZ": "UTC",  # in which it shows times of day
    "CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL": "1",
    "CLAUDE_CODE_DISABLE_TERMINAL_TITLE": "1",  # for which older versions ask the model, and note nowhere what it cost
    "CLAUDE_CODE_ENABLE_PROMPT_SUGGESTION": "false",  # which the model is asked for, and which stands where one types
}
NOTES_COST_SINCE = (2, 1, 246)
"""The first version whose sessions write down what they cost, in money."""
_KEY_TAIL = 20
"""By so many of its last characters Claude Code knows a key again that was approved."""
_LARGEST_RECORD_BYTES = 64 << 20
_UP, _DOWN, _ENTER, _CTRL_C = "\x1b[A", "\x1b[B", "\r", "\x03"
_ASKS_FOR_KEY = r"Do you want to use this API key\?(?s:.*)"
_TYPING = TerminalProtocol(
    # Without its frame it would be found in a message that begins with a line break, too.
    ready=r"^─{40,}\n❯(\sTry \".*)?\n─{40,}$",
    dialogs=(
        TerminalDialog(shows=r"^ *❯ (\d\. )?Yes, I trust this folder", answer=_ENTER),
        TerminalDialog(shows=r"^ *❯ (\d\. )?No, exit", answer=_DOWN),
        TerminalDialog(shows=_ASKS_FOR_KEY + r"^ *❯ (\d\. )?Yes", answer=_ENTER),
        TerminalDialog(shows=_ASKS_FOR_KEY + r"^ *❯ (\d\. )?No", answer=_UP),
    ),
    asks=r"^ *(Enter to confirm|Esc to (cancel|go back))|^ *❯ \d\. ",
    # The row that moves comes before these words, by seconds in older versions.
    busy=r"esc to interrupt|^[·✢✳✶✻✽*] \S.*…",
    # It tells the model to follow what is pasted only where words that are typed ask for that.
    lead="Do what the pasted text says: ",
    leave=(_CTRL_C, _CTRL_C),
)
_RETRY = re.compile(
    r"^\S (?P<what>.+?)…? · [Rr]etrying in (?P<wait>[\dhms ]+?)(?: \((?P<at>[^)]+)\))?"
    r" · attempt (?P<attempt>\d{1,9})/\d+",
    re.MULTILINE,
)
_HOPELESS_ATTEMPT = 7
"""The tries before this one took half a second, then twice as long each: it is turned away for half a minute."""
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0}


class _Line(NamedTuple):
    """A line that ends a turn, by a regular expression, and what it means."""

    shows: str
    meaning: Meaning


_ENDS = (
    _Line(r"You've hit your .*limit\b.*", USAGE_LIMIT),
    _Line(r"Credit balance (is )?too low.*", USAGE_LIMIT),
    _Line(r"API Error: \d+ You have reached your specified API usage limits\..*(\n {2}\S.*)?", USAGE_LIMIT),
    _Line(r"(Not logged in|Invalid API key|Failed to authenticate|Please run /login).*", NOT_SIGNED_IN),
    _Line(r"There's an issue with the selected model.*", WRONG_MODEL),
    _Line(r"API Error: (Request rejected \(429\)|Server is temporarily limiting requests).*", RATE_LIMIT),
    _Line(r"API Error: (5\d\d|Repeated 529|Connection|Can't reach|Unable to connect).*", OVERLOAD),
    _Line(r"Request timed out\..*", OVERLOAD),
)
_OF_STATUS = {"401": NOT_SIGNED_IN, "403": NOT_SIGNED_IN, "429": RATE_LIMIT}


def typing(dialogs: Iterable[TerminalDialog]) -> TerminalProtocol:
    """How it is talked to; questions that the project answers go first."""
    return _TYPING.model_copy(update={"dialogs": (*dialogs, *_TYPING.dialogs)})


def settings(workspace: Path, key: str | None) -> str:
    """The state of one that a person has set up: what it asks at its first start is answered."""
    state: dict[str, Any] = {
        "hasCompletedOnboarding": True,
        "projects": {str(workspace): {"hasTrustDialogAccepted": True}},
    }
    if key:
        state["customApiKeyResponses"] = {"approved": [key[-_KEY_TAIL:]], "rejected": []}
    return json.dumps(state)


class TerminalParser(JsonLinesParser):
    """Makes out of the screen what keeps it from working, and out of its own record what it cost."""

    def feed_line(self, line: str) -> None:
        """What it draws says nothing line by line."""

    def feed_screen(self, screen: str) -> None:
        if self.heard.trouble is not None and self.heard.trouble.is_final:
            return
        retry = _RETRY.search(screen)
        if retry is not None:
            self._retry(retry)
        elif re.search(_TYPING.busy or "", screen):
            self.goes_well()
        else:
            self._ended(screen)

    def finish(self, exit_status: int | None, last_lines: str) -> None:
        if (exit_status or 0) > 0 and self.heard.trouble is None:
            said = why_not_started(last_lines)
            if said.startswith("error: "):
                self.failed("set_up_wrongly", said, remedy=SETTINGS, is_final=True)

    def feed_records(self, home: Path) -> None:
        """Take what it said last and what it cost, by its own record: told at its end, or else for each answer."""
        answers: dict[str, Any] = {}
        for record in texts_below(home, ".claude/projects/*/*.jsonl", _LARGEST_RECORD_BYTES):
            for line in record.split("\n"):
                if '"cost-state"' in line or '"usage"' in line:
                    self._record(as_event(line) or {}, answers)

    def _record(self, record: dict[str, Any], answers: dict[str, Any]) -> None:
        if record.get("type") == "cost-state" and isinstance(record.get("modelUsage"), dict):
            usage = sum_of(record["modelUsage"].values(), BY_MODEL)
            self.note(usage=usage.model_copy(update={"cost_usd": dollars(record, "totalCostUSD")}))
        message = record.get("message")
        if record.get("type") == "assistant" and isinstance(message, dict) and "error" not in record:
            answers[words(message, "id") or ""] = message.get("usage")
            self.note(model=words(message, "model"), provider_session_id=words(record, "sessionId"))
            if not record.get("isSidechain"):  # else a subagent's
                self.said(text_of(message))
            if self.heard.usage.cost_usd is None:
                self.note(usage=sum_of(answers.values(), ANSWER))

    def _retry(self, shown: re.Match[str]) -> None:
        what, attempt, now = shown["what"], int(shown["attempt"]), self._clock()
        wait_s = sum(float(number) * _SECONDS[unit] for number, unit in re.findall(r"(\d+)([hms])", shown["wait"]))
        if "limit reached" in what:
            ends_at = next_time_of_day(shown["at"] or "", now) or now + wait_s
            self._noted(USAGE_LIMIT, what, until=ends_at, is_final=True)
            return
        told = wait_s > LONGEST_WAIT_S
        meaning = _OF_STATUS.get(what[:3], RATE_LIMIT if told else OVERLOAD)
        until = now + wait_s if told and meaning == RATE_LIMIT else None
        # A sign-in is renewed and tried once more.
        hopeless = told or attempt >= (2 if meaning == NOT_SIGNED_IN else _HOPELESS_ATTEMPT)
        self._noted(meaning, what, until=until, is_final=hopeless)

    def _ended(self, screen: str) -> None:
        for line in _ENDS:
            found = re.search(rf"^ *[●⎿] +({line.shows})", screen, re.MULTILINE)
            if found is not None:
                said = " ".join(found[1].split())
                until = regained_at(said)
                if until is None and line.meaning == USAGE_LIMIT and " · resets " in said:
                    until = next_time_of_day(said.partition(" · resets ")[2], self._clock())
                self._noted(line.meaning, said, until=until, is_final=True)
                return

    def _noted(self, meaning: Meaning, message: str, *, until: float | None, is_final: bool) -> None:
        self.failed(meaning.kind, message, until=until, remedy=meaning.remedy, is_final=is_final)
