"""The sign-in that an agent's sessions have, and what is said where it is refused: that there is one, and by whom."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from supervisor.model.agent_report import AgentFailure
from supervisor.model.frozen_model import FrozenModel

_REFUSED = re.compile(
    r"\b40[13]\b|in(?:valid|correct)|not valid|expired|revoked|denied|permission|unauthori|authenticat", re.IGNORECASE
)
"""In what is said where there is a sign-in that somebody looked at; without it, there may be none."""
_LONGEST = 400


class UsedSignIn(FrozenModel):
    """By what sessions are signed in, never its value."""

    by: str
    """A variable's name or a file."""
    is_key: bool
    """Whether it is a variable with a key or a token."""
    asked: str
    """Who looks at it: a host, or a provider by its name."""

    def told(self, failure: AgentFailure) -> AgentFailure:
        """The failure, where it is that this sign-in was refused, with that said; others as they are."""
        if failure.kind != "not_signed_in" or _REFUSED.search(failure.message) is None:
            return failure
        what = f"the key in {self.by} is set and" if self.is_key else f"the sign-in in {self.by}"
        said = failure.message.strip().rstrip(".")
        anew = f"Put a valid one into {self.by}." if self.is_key else failure.remedy
        return failure.model_copy(
            update={"message": f"{what} was refused by {self.asked}: {said}"[:_LONGEST], "remedy": anew}
        )


def host_of(url: str | None, otherwise: str) -> str:
    """The host in a base URL, with its port and nothing else of it; `otherwise` where there is none."""
    try:
        parts = urlsplit(url or "")
        host, port = parts.hostname, parts.port
    except ValueError:
        return otherwise
    return otherwise if host is None else f"{host}:{port}" if port else host
