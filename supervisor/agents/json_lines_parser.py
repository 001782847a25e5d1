"""Hears programs that print one JSON object a line."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from supervisor.agents.bounded_report import MOST, MOST_TOKENS, MOST_USD, bounded
from supervisor.agents.output_parser import OutputParser
from supervisor.agents.used_sign_in import UsedSignIn
from supervisor.model.agent_report import LONGEST_MESSAGE, AgentFailure, FailureKind, Usage
from supervisor.text.plain_text import encodable, plain_line


class JsonLinesParser(OutputParser):
    """Gives each object to `event`; what is not JSON, to `text`."""

    sign_in: UsedSignIn | None = None
    """What the session is signed in by, where that is known."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """`clock`: epoch seconds, of which it is told when limits are over."""
        super().__init__()
        self._clock = clock

    def feed_line(self, line: str) -> None:
        found = as_event(line)
        if found is None:
            self.text(encodable(line))
        else:
            self.event(found)

    def event(self, event: Mapping[str, Any]) -> None:
        """Take one object."""

    def text(self, line: str) -> None:
        """Take a line that is not a JSON object."""

    def note(self, **changes: Any) -> None:
        """Change what was heard, as far as it is believed."""
        self.heard = self.heard.model_copy(update=bounded(changes, self._clock()))

    def spend(self, usage: Usage) -> None:
        """Add to what the session cost so far."""
        self.note(usage=self.heard.usage.plus(usage))

    def said(self, message: str) -> None:
        """Take what the model said, in place of what it said before."""
        if message:
            self.note(last_message=message[-LONGEST_MESSAGE:])

    def failed(
        self, kind: FailureKind, message: str, *, until: float | None = None, remedy: str = "", is_final: bool = False
    ) -> None:
        """Note what keeps it from working."""
        self.trouble(
            AgentFailure(kind=kind, message=plain_line(message, 300), until=until, remedy=remedy, is_final=is_final)
        )

    def trouble(self, failure: AgentFailure) -> None:
        """Note what keeps it from working; of a sign-in that was refused, which one.

        What it cannot get over by itself stays what it is, whatever it says of its next tries.
        """
        if self._is_hopeless and not failure.is_final:
            return
        self.note(trouble=failure if self.sign_in is None else self.sign_in.told(failure))

    def goes_well(self) -> None:
        """Note that it works again, unless it cannot by itself: the session is being ended for that."""
        if self.heard.trouble is not None and not self._is_hopeless:
            self.note(trouble=None)

    @property
    def _is_hopeless(self) -> bool:
        return self.heard.trouble is not None and self.heard.trouble.is_final


_MAY_HAVE_SURROGATES = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def as_event(line: str) -> dict[str, Any] | None:
    """The JSON object that a line is, else None; all text in it can be encoded."""
    start = line.lstrip()
    if not start.startswith("{"):
        return None
    try:
        found = json.loads(start)
        if _MAY_HAVE_SURROGATES.search(start):  # JSON can spell half a pair of them, which nothing can write down
            found = json.loads(encodable(json.dumps(found, ensure_ascii=False)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def count(table: Any, *names: str) -> int | None:
    """The whole number at a path of member names, 0 to `MOST_TOKENS`; None where there is none."""
    found = _at(table, names)
    known = isinstance(found, int) and not isinstance(found, bool)
    return found if known and 0 <= found <= MOST_TOKENS else None


def amount(table: Any, *names: str) -> float | None:
    """The number at a path of member names, 0 to `MOST`; None where there is none."""
    found = _at(table, names)
    known = isinstance(found, (int, float)) and not isinstance(found, bool)
    return float(found) if known and 0 <= found <= MOST else None  # before that, it may be too large for a float


def dollars(table: Any, *names: str) -> float | None:
    """The US dollars at a path of member names, 0 to `MOST_USD`; None where there are none."""
    found = amount(table, *names)
    return found if found is not None and found <= MOST_USD else None


def words(table: Any, *names: str) -> str | None:
    """The text at a path of member names; None where there is none."""
    found = _at(table, names)
    return found if isinstance(found, str) else None


def _at(table: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        table = table.get(name) if isinstance(table, Mapping) else None
    return table
