"""What the error messages of Gemini CLI mean, and how long a limit that one of them names still lasts."""

from __future__ import annotations

import re
from typing import NamedTuple

from supervisor.agents.json_lines_parser import as_event, words
from supervisor.model.agent_report import FailureKind

SIGN_IN = "Set GEMINI_API_KEY to a key that is valid, or run `gemini` in a terminal and sign in there."
_MODEL = "Name another model with --model; a newer Gemini CLI may know more of them."
_NO_QUOTA = (
    "The plan of this key has no such model: name another with --model, or have billing enabled for the project."
)
_PLACE = "Use Vertex AI, or have billing enabled for the project of this key."
_PAY = "Wait until the limit is reset, raise it in the account, or have another agent take over: --agent gemini,NAME."
_OLD = "Install it anew with `npm install -g @google/gemini-cli`, and correct `args` under the agent's table, if any."


class Told(NamedTuple):
    """What a message says to the supervisor."""

    kind: FailureKind | None
    said: str
    """For people."""
    remedy: str
    wait_s: float | None
    """Seconds until a further try may succeed, where it tells."""


class _Meaning(NamedTuple):
    pattern: str
    kind: FailureKind
    remedy: str = ""


_MEANINGS = (
    _Meaning(
        r"API_KEY_INVALID|API key (not valid|expired)|UNAUTHENTICATED|PERMISSION_DENIED", "not_signed_in", SIGN_IN
    ),
    _Meaning(r"Verify your account|Manual authorization|you must specify|set an Auth method", "not_signed_in", SIGN_IN),
    _Meaning(r"is not found for API version|Publisher Model|Requested entity was not found", "wrong_model", _MODEL),
    _Meaning(r"\blimit: 0(?![\d.])", "wrong_model", _NO_QUOTA),
    _Meaning(r"FAILED_PRECONDITION|location is not supported", "set_up_wrongly", _PLACE),
    _Meaning(r"No capacity available|MODEL_CAPACITY_EX", "overload"),
    _Meaning(r"daily quota|credits are depleted|CREDITS_BALANCE|quota will reset after \d+[hm]", "usage_limit", _PAY),
    _Meaning(r"RESOURCE_EXHAUSTED|[Rr]esource has been exhausted|[Qq]uota|your capacity|status 429", "rate_limit"),
    _Meaning(r"""(status|code)["']?:? ?5\d\d|UNAVAILABLE|overloaded|without a finish reason""", "overload"),
    # Of an answer that was cut off half-way it says no more than the first; the rest are timeouts and the like.
    _Meaning(
        r"(^|Error: |failed: )terminated\b|other side closed|UND_ERR_\w+|(Headers|Body|Connect) Timeout Error"
        r"|[Pp]remature close|Incomplete JSON segment|operation was aborted",
        "overload",
    ),
    _Meaning(r"fetch failed|failed, reason:|ECONN\w+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|socket hang up", "overload"),
)
"""The first that is found in a message says what it means."""
_BEGINS = re.compile(r"Attempt \d+ failed(?: with status \d+)?[.:] ?")
_ENDS = re.compile(r"\.? ?(Retrying with backoff\.\.\.|Retrying after (?P<ms>\d+)ms\.\.\.|Max attempts reached)")
_REFUSAL = re.compile(r"Unknown arguments?:")
_FATAL = re.compile(r"(?:An unexpected critical error occurred:|Error authenticating:) ?(.*)")
_SIGN_IN_FAILED = re.compile(r"Cached credentials are not valid: (.*)")
_SIGN_IN_REFUSED = re.compile(r"invalid_|unauthorized|access_denied|unsupported_|status code 4")
"""What OAuth 2.0 says (RFC 6749, section 5.2) where it is not the network or the server."""
_WRAPPED = re.compile(r"\[API Error: (.*?)\]\s*(?:\n|$)", re.DOTALL)
_CLASS = re.compile(r"^\w*Error: (?:exception )?")
_WAIT = re.compile(r"(?:retry in|reset after|retry after) ((?:\d+(?:\.\d+)?(?:ms|[dhms]))+)")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhms])")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def begins_report(line: str) -> bool:
    """Whether a line is the first that tells of a failed request after which it may try again."""
    return _BEGINS.match(line) is not None


def shown_report(line: str) -> str:
    """Such a first line for people."""
    begins = _BEGINS.match(line)
    return line if begins is None else f"{begins[0].rstrip('.: ')}: {said_in(line)}"


def ends_report(line: str) -> bool:
    """Whether a line is the last of such a report."""
    return _ENDS.search(line) is not None


def is_refusal(line: str) -> bool:
    """Whether it says here why it does not even begin, with more lines to follow."""
    return _REFUSAL.match(line) is not None


def fatal(line: str) -> str:
    """Why it ends, of the line that says so; empty for others."""
    found = _FATAL.match(line)
    return "" if found is None else found[1]


def outage(record: str) -> str:
    """Why the sign-in could not be used though it was not refused, from the record; empty where it was, or was used."""
    found = _SIGN_IN_FAILED.search(record)
    return "" if found is None or _SIGN_IN_REFUSED.search(found[1]) else found[1]


def read(message: str, otherwise: FailureKind | None, context: str = "") -> Told:
    """What a message means, with what was printed about it; `otherwise` where it means nothing known."""
    found = next((each for each in _MEANINGS if re.search(each.pattern, f"{message}\n{context}")), None)
    if found is not None:
        return Told(found.kind, said_in(message), found.remedy, _wait_s(message))
    return Told(otherwise, said_in(message), _OLD if otherwise == "set_up_wrongly" else "", _wait_s(message))


def said_in(message: str) -> str:
    """The words in a message, without all that they come wrapped in."""
    wrapped = _WRAPPED.match(message)
    said = _ENDS.sub("", _BEGINS.sub("", message if wrapped is None else wrapped[1], count=1)).strip()
    said = _CLASS.sub("", said)
    while (inner := words(as_event(said), "error", "message")) is not None:
        said = inner
    return said.partition("\n\n")[0].strip()


def _wait_s(message: str) -> float | None:
    """Seconds, as the provider told, else those that it is going to wait itself."""
    told, own = _WAIT.search(message), _ENDS.search(message)
    if told is not None:
        return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(told[1]))
    return None if own is None or own["ms"] is None else float(own["ms"]) / 1000
