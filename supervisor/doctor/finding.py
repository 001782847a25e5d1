"""One thing that was looked at, and what can be done about it."""

from __future__ import annotations

from typing import Literal

from supervisor.model.frozen_model import FrozenModel
from supervisor.project.store_damage import Repair

Level = Literal["ok", "warning", "failure"]


class Finding(FrozenModel):
    """One thing that was looked at."""

    level: Level
    subject: str
    text: str
    repair: Repair | None = None
    """What mends it, where something does."""
