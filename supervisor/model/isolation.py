"""How far a session is kept apart: sandbox level, network, limits."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from supervisor.model.frozen_model import FrozenModel
from supervisor.model.written_values import Seconds, WrittenTable

Level = Literal["workspace", "landlock", "bubblewrap"]
"""How far a session is kept apart: a folder, home and environment of its own; besides, it opens no other files; or it
sees nothing else at all."""
SandboxChoice = Literal["auto", "workspace", "bubblewrap", "landlock", "required"]
"""A level; `auto`: the strongest that works here; `required`: the same, but never `workspace`."""


class Limits(WrittenTable):
    """What a session may use of the machine; 0 is no limit."""

    memory: int = Field(default=0, ge=0)
    """Bytes of memory, of all its processes together where the system can count that, else of each."""
    processes: int = Field(default=0, ge=0)
    """Processes and threads at once."""
    open_files: int = Field(default=0, ge=0)
    """Files that each process may have open."""
    file_size: int = Field(default=1 << 30, ge=0)
    """Bytes that each file may grow to."""
    cpu: Seconds = Field(default=0.0, ge=0)
    """Seconds of processor time, of each process."""


class Isolation(FrozenModel):
    """How far sessions are kept apart from the rest of the machine."""

    sandbox: SandboxChoice = "auto"
    """The level, or which is to be found."""
    network: Literal["on", "none"] | tuple[str, ...] = "on"
    """Whether there is a network, or which hosts of it."""
    limits: Limits = Limits()

    @property
    def opens_own_files_only(self) -> bool:
        """Whether a session can open nothing but the system's files, its own, and those that are named."""
        return self.sandbox in ("landlock", "bubblewrap")
