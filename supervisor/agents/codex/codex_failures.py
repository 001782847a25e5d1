"""What Codex's error messages mean, and when a limit that one of them names is over."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from supervisor.agents.json_lines_parser import as_event, words
from supervisor.model.agent_report import FailureKind

SIGN_IN = "Run `codex login`, or set CODEX_API_KEY (or OPENAI_API_KEY)."
_PAY = "Buy credit, wait until the limit is reset, or have another agent take over: --agent codex,NAME."
_ACCOUNT = "The account, its plan or its place may not use this: see the message, or sign in with another."
_MODEL = "Name another model with --model, or none for Codex's own choice; a newer Codex may know more models."
_SETTINGS = "Correct `args` or `model` under the agent's table in the project file, or install Codex anew."
_ADDRESS = "Correct OPENAI_BASE_URL (below it, /responses must be there), or the model's name."


class Meaning(NamedTuple):
    """What a message says to the supervisor."""

    kind: FailureKind
    remedy: str = ""
    lasts: bool = False
    """Whether it is not worth the tries that Codex would still make."""


_MEANINGS: tuple[tuple[re.Pattern[str], Meaning], ...] = tuple(
    (re.compile(pattern), meaning)
    for pattern, meaning in (
        (r"401 Unauthorized", Meaning("not_signed_in", SIGN_IN, lasts=True)),
        (
            r"token could not be refreshed|sign in again|^Missing environment variable",
            Meaning("not_signed_in", SIGN_IN),
        ),
        (r"deactivated_workspace|403 Forbidden|^To use Codex with your", Meaning("set_up_wrongly", _ACCOUNT)),
        (r"[Uu]sage limit|Quota exceeded|out of credits|402 Payment Required", Meaning("usage_limit", _PAY)),
        (r"429 Too Many Requests|[Rr]ate limit", Meaning("rate_limit")),
        (r"model.* (does not exist|is not supported|requires a newer version)", Meaning("wrong_model", _MODEL)),
        (r"unexpected status 404 Not Found", Meaning("set_up_wrongly", _ADDRESS)),
        (r"unexpected status 5\d\d|high demand|at capacity|overloaded", Meaning("overload")),
        (r"stream disconnected|error sending request|Connection failed", Meaning("overload")),
        (r"^Failed to refresh token|workspace routing discovery failed", Meaning("overload")),
    )
)
_BROKEN = re.compile(
    r"^(error: |Error loading config|Error: Model provider|Not inside a trusted|Error: Missing optional)"
)
"""Lines with which Codex ends before it does anything."""

_RETRY = re.compile(r"Reconnecting\.\.\. (?:\d+/\d+|waiting for network) \((.*)\)$", re.DOTALL)
_WENT_TO = re.compile(r"\.?, url: \S+(?:, [a-z -]+: \S+)*$")
_AT = re.compile(
    r"[Tt]ry again at (?:(?P<day>[A-Z][a-z]{2} \d{1,2})(?:st|nd|rd|th), (?P<year>\d{4}) )?(?P<time>\d{1,2}:\d\d [AP]M)"
)
_IN = re.compile(r"[Tt]ry again in ((?:\d+(?:\.\d+)?\s?(?:ms|s|m|h|d|(?:second|minute|hour|day)s?)(?![a-z])[\s,]*)+)")
_PART = re.compile(r"(\d+(?:\.\d+)?)\s?(ms|[smhd])")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def without_retry(message: str) -> tuple[str, bool]:
    """A message of Codex's as it would stand without a further try, and whether there is one."""
    retry = _RETRY.search(message)
    said = message if retry is None else retry[1]
    inner = as_event(said)
    return words(inner, "detail") or words(inner, "error", "message") or said, retry is not None


def without_address(message: str) -> str:
    """A message without where the request went and its number."""
    return _WENT_TO.sub("", message)


def meaning_of(message: str) -> Meaning | None:
    """What an error that Codex reports says; None where it says nothing of the agent's own state."""
    return next((meaning for pattern, meaning in _MEANINGS if pattern.search(message)), None)


def meaning_of_line(line: str) -> Meaning | None:
    """The same of a line that is no report but stands by itself."""
    return Meaning("set_up_wrongly", _SETTINGS, lasts=True) if _BROKEN.search(line) else None


def ends_at(message: str, now: float) -> float | None:
    """When the limit in a message is over, on the clock that `now` is of; None where it does not say.

    A time of day is one of Codex's own time zone, UTC in sessions, without its seconds: it is over a minute later.
    """
    at, within = _AT.search(message), _IN.search(message)
    if at is not None:
        day = f"{at['day']} {at['year']}" if at["day"] else f"{datetime.fromtimestamp(now, UTC):%b %d %Y}"
        try:
            told = datetime.strptime(f"{day} {at['time']}", "%b %d %Y %I:%M %p")
        except ValueError:
            return None
        return told.replace(tzinfo=UTC).timestamp() + 60
    if within is not None:
        return now + sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(within[1]))
    return None
