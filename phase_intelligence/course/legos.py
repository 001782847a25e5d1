"""Makes the items of phase 5, single LEGOs, from the merged seeds of phase 3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def expand(item_id: str, payload: Any) -> Iterator[tuple[str, Any]]:
    """Yield (lego_id, [target, known]) for every LEGO of a merged seed, in order.

    Raises ValueError, naming the seed, where `payload` is not `[[target, known], [[lego_id, target, known], …]]`.
    """
    try:
        _pair, legos = payload
        entries = [(lego_id, [target, known]) for lego_id, target, known in legos]
    except (TypeError, ValueError) as error:
        message = f"the LEGOs of {item_id} are not [[target, known], [[lego_id, target, known], …]]; put them right"
        raise ValueError(message) from error
    yield from entries
