"""Other processes of this program: they never take a file of the folder where somebody works for one of its modules."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PACKAGES = str(Path(__file__).resolve().parents[2])


def module_command(name: str, *words: str) -> list[str]:
    """The words that run a module of this program."""
    return [sys.executable, "-P", "-m", name, *words]


def module_environment() -> dict[str, str]:
    """This process's variables, and that this program is found where it was found for this process."""
    inherited = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{_PACKAGES}{os.pathsep}{inherited}" if inherited else _PACKAGES}
