"""A supervisor daemon that spawns isolated agent sessions; what a project's validators import stands here."""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` is not loaded for it: every command and agent begins with this file

__version__ = "0.1.0"
__all__ = ["BatchInput", "ValidationError", "ValidationReport", "__version__"]

_HOMES = {
    "BatchInput": "supervisor.model.batch",
    "ValidationError": "supervisor.model.validation_report",
    "ValidationReport": "supervisor.model.validation_report",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use, so that `supervisor --help` and the agents do not pay for pydantic."""
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'supervisor' has no attribute {name!r}")
