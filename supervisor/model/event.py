"""What happened, as one record and as one line of the progress log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from supervisor.model.frozen_model import FrozenModel


class Event(FrozenModel):
    """One thing that happened to a job."""

    id: int = 0
    """Number in the store, rising."""
    job: int
    at: float
    """Clock time, epoch seconds."""
    kind: str
    """Short word, for programs."""
    level: str = "INFO"
    """INFO, WARNING or ERROR."""
    text: str
    """One line, for people."""
    data: dict[str, Any] = Field(default_factory=dict)
    """The same in fields, for programs."""

    def line(self) -> str:
        """`2026-01-31 23:59:59 INFO  text`, in local time."""
        return f"{datetime.fromtimestamp(self.at):%Y-%m-%d %H:%M:%S} {self.level:<7} {self.text}"
