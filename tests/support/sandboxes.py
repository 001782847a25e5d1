"""The sandboxes in which a test runs its sessions, and what holds where one of them cannot be had."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from supervisor.executors.local.sandbox.bubblewrap import why_no_bubblewrap
from supervisor.executors.local.sandbox.landlock import landlock_version
from supervisor.executors.local.sandbox.sandbox_level import why_no_landlock

_WHY, _WHY_NO_LANDLOCK = why_no_bubblewrap(), why_no_landlock()
needs_bubblewrap = pytest.mark.skipif(_WHY is not None, reason=str(_WHY))
needs_landlock = pytest.mark.skipif(_WHY_NO_LANDLOCK is not None, reason=str(_WHY_NO_LANDLOCK))
needs_scopes = pytest.mark.skipif(
    landlock_version() < 6, reason=f"Landlock of version {landlock_version()} here, 6 keeps signals and sockets apart"
)
LANDLOCK = pytest.param("landlock", marks=needs_landlock)
BUBBLEWRAP = pytest.param("bubblewrap", marks=needs_bubblewrap)
LEVELS = ("workspace", LANDLOCK, BUBBLEWRAP)
"""Values of `sandbox` for a parametrized test or fixture."""
BOXES = (LANDLOCK, BUBBLEWRAP)
"""Those that open a session's own files only."""


def path_without_bubblewrap(folder: Path, *names: str) -> str:
    """A PATH on which these programs are, and a shell, but no bwrap."""
    folder.mkdir()
    for name in ("sh", "env", *names):
        (folder / name).symlink_to(shutil.which(name) or "")
    return str(folder)
