"""One thing that was looked at, and what can be done about it."""

from __future__ import annotations

from typing import Literal

from supervisor.model.base import Frozen

Level = Literal["ok", "warning", "failure"]
Repair = Literal["store", "counters", "answers", "main file", "note"]
"""What `doctor --repair` does: makes the store anew from what can be read; its counters from its rows; takes over the
answers of main files that the store has lost; writes a main file from the store; removes a dead supervisor's note."""


class Finding(Frozen):
    """One thing that was looked at."""

    level: Level
    subject: str
    text: str
    repair: Repair | None = None
    """What mends it, where something does."""
