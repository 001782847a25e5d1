"""What keeps opencode from working, by what it prints."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from supervisor.agents.json_lines_parser import amount, count, words
from supervisor.model.agent_report import AgentFailure, FailureKind
from supervisor.text.plain_text import plain_line

LONGEST_SLEEP_S = 60.0
"""It waits as long as it is told to, be it days; a session that would wait for longer is ended."""
SIGN_IN_REMEDY = (
    "Set the variable of the model's provider (ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, OPENROUTER_API_KEY,"
    " …), or run `opencode auth login`."
)
MODEL_REMEDY = "Name a model with --model provider/model; `opencode models` lists those of all providers."
_NO_MONEY_REMEDY = "Top up the account at the provider, or use another agent or model meanwhile."
_CONFIG_REMEDY = "Correct `provider` in ~/.config/opencode/opencode.json; sessions take it from there."

_SPENT = re.compile(
    r"usage.?limit|insufficient.?(?:quota|credits|balance)|current quota|quota.{0,30}exceeded|credit balance|billing"
    r"|out of credits|spending limit|FreeUsageLimit|free usage exceeded",
    re.IGNORECASE,
)
_PASSES = re.compile(r"(?:retry|try again) in \d", re.IGNORECASE)
_PER_DAY = re.compile(r"per.?day", re.IGNORECASE)
_TOO_MANY = re.compile(r"rate.?limit|too many requests|rate increased too quickly|resource.?exhausted|\b429\b", re.I)
_BUSY = re.compile(
    r"overloaded|at capacity|unavailable|server.?error|internal.?error|timed? ?out|unable to connect|cannot connect"
    r"|connection|network|socket|(?:code|status)\D{1,6}5\d\d",
    re.IGNORECASE,
)
_SIGNED_OUT = re.compile(
    r"token refresh failed|unauthorized|api key (?:is missing|not valid)|invalid.{0,12}api.?key", re.I
)
_FLAGGED = re.compile(r"flagged|moderation|content.?policy|safety", re.IGNORECASE)
_TIME = r"(\d+(?:\.\d+)?)\s*(ms|s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)(?![a-z])"
_DELAY = re.compile(rf"(?:try again|retry|resets?) in ((?:{_TIME}[,\s]*)+)", re.IGNORECASE)
_DELAY_PART = re.compile(_TIME, re.IGNORECASE)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

_NO_SUCH_MODEL = re.compile(
    r"ProviderModelNotFoundError: Model not found: ([^\s\"]+?)\.(?: Did you mean: ([^\"?]*)\?|\s|\"|$)"
)
_SAID: tuple[tuple[re.Pattern[str], FailureKind, str], ...] = (
    (re.compile(r"ProviderNoProvidersError"), "not_signed_in", SIGN_IN_REMEDY),
    (re.compile(r"Config(?:uration is| file).* OPENCODE_CONFIG_CONTENT"), "set_up_wrongly", _CONFIG_REMEDY),
    (
        re.compile(r"opencode-ai's postinstall script was not run"),
        "set_up_wrongly",
        "Run `node postinstall.mjs` in the folder of the package opencode-ai, or install it again with its scripts.",
    ),
    (
        re.compile(r"^opencode run \[message"),
        "set_up_wrongly",
        "It does not know one of its arguments: look at `args` of the agent in the project file.",
    ),
)


def from_text(line: str) -> AgentFailure | None:
    """What a line means that is none of its JSON objects: an error before a session, or one that only its log names."""
    if missing := _NO_SUCH_MODEL.search(line):
        model, near = missing[1], (missing[2] or "").split(", ")
        if model.partition("/")[2] in near:  # it knows the model, and nobody signed in to its provider
            return _hopeless("not_signed_in", f"not signed in to {model.partition('/')[0]}", SIGN_IN_REMEDY)
        return _hopeless("wrong_model", f"there is no model {model}", MODEL_REMEDY)
    for pattern, kind, remedy in _SAID:
        if pattern.search(line):
            return _hopeless(kind, line, remedy)
    return None


def from_retry(event: Mapping[str, Any]) -> AgentFailure:
    """What a `retry` line means: a request was refused, and it sleeps before the next."""
    message = words(event, "status", "message") or "refused"
    now, then = _clock(event, "timestamp"), _clock(event, "status", "next")
    reason = words(event, "status", "action", "reason") or ""
    kind = "usage_limit" if reason.endswith("_limit") else _kind(None, message) or "overload"
    sleep_s = 0.0 if now is None or then is None else then - now
    told_s = max(sleep_s if sleep_s > LONGEST_SLEEP_S else 0.0, _delay_s(message))
    too_long = told_s > LONGEST_SLEEP_S
    if kind not in ("rate_limit", "usage_limit"):  # no key and no model is told so, since it would not try again
        kind = "rate_limit" if too_long else "overload"
    return _trouble(
        kind,
        message,
        until=now + told_s if now is not None and told_s and kind != "overload" else None,
        # A subscription's limit is told without its end here, and with it after the last attempt, a minute later.
        is_final=too_long or (kind == "usage_limit" and "usage limit has been reached" not in message),
    )


def from_error(event: Mapping[str, Any]) -> AgentFailure | None:
    """What an `error` line means, after which it ends; None where it is about the task, such as a prompt too long."""
    error = event.get("error")
    name, message = words(error, "name") or "", words(error, "data", "message") or ""
    if name == "ProviderAuthError":
        return _hopeless("not_signed_in", message, SIGN_IN_REMEDY)
    if name not in ("APIError", "UnknownError") or _get(error, "data", "ref") is not None:  # its own errors have one
        return None
    body = words(error, "data", "responseBody") or ""
    kind = _kind(count(error, "data", "statusCode"), f"{message} {body}", retried=_get(error, "data", "isRetryable"))
    if kind is None:
        return None
    now = _clock(event, "timestamp")
    until = None if now is None else _told_until(now, _get(error, "data", "responseHeaders"), body, message)
    limited = kind in ("rate_limit", "usage_limit")
    return _trouble(kind, message or body, until=until if limited else None, is_final=True)


def _kind(status: int | None, text: str, *, retried: Any = None) -> FailureKind | None:
    if status == 401 or (status in (None, 400, 403) and _SIGNED_OUT.search(text)):
        return "not_signed_in"
    if status == 404:
        return "wrong_model"
    # Google says the same of what is used up for a minute.
    spent, passes = _SPENT.search(text) is not None, _PASSES.search(text) is not None and not _PER_DAY.search(text)
    if status == 402 or (spent and not passes and status in (None, 400, 403, 429)):
        return "usage_limit"
    if status == 403:
        return None if _FLAGGED.search(text) else "not_signed_in"
    if status == 429 or (status is None and (spent or _TOO_MANY.search(text))):
        return "rate_limit"
    busy = (status or 0) >= 500 or retried is True or (status is None and _BUSY.search(text) is not None)
    return "overload" if busy else None


def _told_until(now: float, headers: Any, body: str, message: str) -> float | None:
    """The clock time at which a limit ends, by the provider's headers, its body or its words."""
    try:
        told = json.loads(body).get("error")
    except (ValueError, AttributeError):
        told = None
    if (resets_at := count(told, "resets_at")) is not None:
        return float(resets_at)
    if (resets_in_s := count(told, "resets_in_seconds")) is not None:
        return now + resets_in_s
    if waits_ms := _number(words(headers, "retry-after-ms")):
        return now + waits_ms / 1000
    if after := words(headers, "retry-after"):
        seconds = _number(after)
        return _date(after) if seconds is None else now + seconds
    delay_s = _delay_s(message)
    return now + delay_s if delay_s else None


def _delay_s(text: str) -> float:
    found = _DELAY.search(text)
    parts = _DELAY_PART.findall(found[1]) if found else []
    return sum(float(number) * _SECONDS["ms" if unit == "ms" else unit[0].lower()] for number, unit in parts)


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and re.fullmatch(r"\d+(\.\d+)?", text.strip()) else None


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _clock(event: Mapping[str, Any], *names: str) -> float | None:
    milliseconds = amount(event, *names)
    return None if milliseconds is None else milliseconds / 1000


def _get(table: Any, *names: str) -> Any:
    for name in names:
        table = table.get(name) if isinstance(table, Mapping) else None
    return table


def _hopeless(kind: FailureKind, message: str, remedy: str) -> AgentFailure:
    return AgentFailure(kind=kind, message=plain_line(message, 300), remedy=remedy, is_final=True)


def _trouble(kind: FailureKind, message: str, *, until: float | None = None, is_final: bool = False) -> AgentFailure:
    remedies = {"usage_limit": _NO_MONEY_REMEDY, "not_signed_in": SIGN_IN_REMEDY, "wrong_model": MODEL_REMEDY}
    return AgentFailure(
        kind=kind, message=plain_line(message, 300), until=until, remedy=remedies.get(kind, ""), is_final=is_final
    )
