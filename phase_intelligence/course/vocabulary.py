"""Gathers what a learner has met by the end of a batch of LEGOs: the words its phrases may be made of."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from supervisor import BatchInput


def context(batch: BatchInput, merged: Mapping[int, Mapping[str, Any]]) -> list[dict[str, str]]:
    """The LEGOs introduced up to and including the batch's last, each known text once, where it first comes.

    In canonical order, as `{"id", "target", "known"}`; later seeds, merged already or not, make no difference.
    """
    rows = [row for _pair, legos in merged.get(3, {}).values() for row in legos]
    ends = [place for place, (lego_id, _, _) in enumerate(rows, start=1) if lego_id in batch.items]
    introduced: dict[str, dict[str, str]] = {}
    for lego_id, target, known in rows[: max(ends, default=0)]:
        introduced.setdefault(_key(known), {"id": lego_id, "target": target, "known": known})
    return list(introduced.values())


def _key(text: str) -> str:
    """`text` for comparing: case and punctuation aside."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return " ".join("".join(char if unicodedata.category(char)[0] != "P" else " " for char in folded).split())
