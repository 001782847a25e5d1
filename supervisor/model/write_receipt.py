"""What came of writing a phase's results to its sink."""

from __future__ import annotations

from supervisor.model.frozen_model import FrozenModel


class WriteReceipt(FrozenModel):
    """What a sink was given, and how it is known again."""

    seq: int
    """The last merge that is in it."""
    sha256: str
    """Digest of what was written, in hexadecimal digits."""
    size: int = 0
    """Bytes that it took; 0 where that is not known."""
