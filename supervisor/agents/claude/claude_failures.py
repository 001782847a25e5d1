"""What Claude Code's errors mean, and when a limit that one of them names is over."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from supervisor.model.agent_report import FailureKind

SIGN_IN = (
    "Set ANTHROPIC_API_KEY, or CLAUDE_CODE_OAUTH_TOKEN as `claude setup-token` prints it, or sign in: run `claude`,"
    " then /login."
)
SETTINGS = "Correct `args` or `model` under the agent's table in the project file, or install Claude Code anew."
_ACCOUNT = "The account may not use this, or is held: see the message, or sign in with another."
_PAY = "Buy credit, wait until the limit is reset, or have another agent take over: --agent claude,NAME."
_MODEL = "Name another model with --model; none is the account's default."

LONGEST_WAIT_S = 60.0
"""A session that is turned away for longer is ended: the gate waits, which holds no process."""


class Meaning(NamedTuple):
    """What an error says to the supervisor."""

    kind: FailureKind
    remedy: str = ""


NOT_SIGNED_IN = Meaning("not_signed_in", SIGN_IN)
RATE_LIMIT, OVERLOAD, USAGE_LIMIT = Meaning("rate_limit"), Meaning("overload"), Meaning("usage_limit", _PAY)
WRONG_MODEL = Meaning("wrong_model", _MODEL)
_OF_CLASS = {
    "authentication_failed": NOT_SIGNED_IN,
    "cloud_credential_error": NOT_SIGNED_IN,
    "oauth_org_not_allowed": Meaning("set_up_wrongly", _ACCOUNT),
    "account_on_hold": Meaning("set_up_wrongly", _ACCOUNT),
    "verification_required": Meaning("set_up_wrongly", _ACCOUNT),
    "billing_error": USAGE_LIMIT,
    "rate_limit": RATE_LIMIT,
    "overloaded": OVERLOAD,
    "server_error": OVERLOAD,
    "model_not_found": WRONG_MODEL,
}
"""By the name that Claude Code gives to a class of errors; those of the request itself are not among them."""

_SPENT = re.compile(r"You have reached your specified API usage limits")
_REGAIN = re.compile(r"regain access on (\d{4}-\d\d-\d\d) at (\d\d:\d\d) UTC")
_TIME_OF_DAY = re.compile(
    r"(?:(?P<month>[A-Z][a-z]{2}) (?P<day>\d{1,2}), )?(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?(?P<half>[ap]m)"
)
_REFUSED = re.compile(r"^(error|Error): |cannot be used with root")
"""Lines with which it ends before it does anything."""


def meaning_of(error: str, message: str) -> Meaning | None:
    """What an error of a class says; None where it says nothing of the agent's own state."""
    return USAGE_LIMIT if _SPENT.search(message) else _OF_CLASS.get(error)


def why_not_started(last_lines: str) -> str:
    """What it said when it ended at once: the line that tells most."""
    lines = last_lines.splitlines() or ["it ended at once and said nothing"]
    return next((line for line in lines if _REFUSED.search(line)), lines[-1])


def regained_at(message: str) -> float | None:
    """When a spending limit is over, in epoch seconds; None where the message does not say."""
    found = _REGAIN.search(message)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2]}+00:00").timestamp()
    except ValueError:
        return None


def next_time_of_day(text: str, now: float) -> float | None:
    """The next moment after `now` that `1:43pm` or `Nov 24, 11:43am` names, in UTC; None where it names none.

    It is shown without its seconds, so it is over a minute later.
    """
    found = _TIME_OF_DAY.search(text)
    if found is None:
        return None
    today = datetime.fromtimestamp(now, UTC)
    clock = f"{found['hour']}:{found['minute'] or '00'} {found['half']}"
    for year in (today.year, today.year + 1):
        day = f"{found['month']} {found['day']} {year}" if found["month"] else f"{today:%b %d %Y}"
        try:
            named = datetime.strptime(f"{day} {clock}", "%b %d %Y %I:%M %p").replace(tzinfo=UTC) + timedelta(minutes=1)
        except ValueError:
            return None
        if not found["month"] and named.timestamp() < now:
            named += timedelta(days=1)
        if named.timestamp() >= now:
            return named.timestamp()
    return None
