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
    """This process's variables, and that this program is found where it was found for this process.

    A part of PYTHONPATH that is empty or relative would be another folder for a process that works elsewhere.
    """
    inherited = [os.path.abspath(part) for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([_PACKAGES, *inherited])}
