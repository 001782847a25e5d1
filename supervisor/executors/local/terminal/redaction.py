"""Takes secrets out of what a session printed, before it is written or shown anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

MASK = b"[secret]"
_SHORTEST = 6
"""Shorter values are no secrets, and taking them out would spoil ordinary text."""
_SHAPES = (
    rb"sk-[A-Za-z0-9_-]{20,}",  # OpenAI, Anthropic, OpenRouter and others
    rb"AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,}",  # Google
    rb"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}",  # GitHub, GitLab
    rb"xox[abeprs]-[A-Za-z0-9-]{10,}",  # Slack
    rb"(?:AKIA|ASIA)[0-9A-Z]{16}",  # Amazon
    rb"hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{30,}",  # Hugging Face, npm
    rb"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*",  # signed tokens (RFC 7519)
    rb"(?<=[Bb]earer )[A-Za-z0-9._~+/-]{16,}=*",  # RFC 6750
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?",
)


class Redactor:
    """Knows the secrets of one session: the values that it was given, and what looks like a key."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        # A value may also be printed as it stands in JSON.
        forms = {form for value in values if len(value) >= _SHORTEST for form in (value, json.dumps(value)[1:-1])}
        given = [re.escape(form.encode()) for form in sorted(forms, key=len, reverse=True)]
        self._pattern = re.compile(b"|".join((*given, *_SHAPES)))

    def apply(self, data: bytes) -> bytes:
        """The data with every secret in it replaced."""
        return self._pattern.sub(MASK, data)
