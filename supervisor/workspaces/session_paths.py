"""Where a session's files are, as the session itself sees them."""

from __future__ import annotations

from pathlib import Path

from supervisor.model.frozen_model import FrozenModel


class SessionPaths(FrozenModel):
    """Where a session's files are, as the agent's process sees them."""

    project: Path
    workspace: Path
    home: Path
    prompt_file: Path
    input_file: Path
    output_file: Path

    def named(self) -> dict[str, str]:
        """The same by the names that a command's words may hold in braces."""
        return {
            "project": str(self.project),
            "workspace": str(self.workspace),
            "prompt_file": str(self.prompt_file),
            "input_file": str(self.input_file),
            "output_file": str(self.output_file),
        }
