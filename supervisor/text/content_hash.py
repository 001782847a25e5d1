"""Digests of payloads and files, by which a change is told."""

from __future__ import annotations

import hashlib
from typing import Any

from supervisor.text.strict_json import compact


def digest(payload: Any) -> str:
    """Identity of an item's content: equal for equal JSON values, whatever the order of their members."""
    return hashlib.blake2b(compact(payload).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def fingerprint(*parts: bytes) -> str:
    """One short text for the contents of some files."""
    whole = hashlib.blake2b(digest_size=16)
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.hexdigest()
