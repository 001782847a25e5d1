"""An exception that nobody foresaw, as an error for people: whose fault it is, where, and what to do."""

from __future__ import annotations

import traceback
from importlib.metadata import distributions
from pathlib import Path
from types import TracebackType

from supervisor.errors import CannotContinue, UnforeseenError

SHOW_TRACEBACK = "SUPERVISOR_TRACEBACK"
"""Variable with which the command prints where such an exception comes from, call by call."""
_GROUPS = "supervisor."


def as_error(error: BaseException) -> CannotContinue:
    """The error that says so; the package is named that it comes from, where it is one that offers an entry point."""
    said = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(": ")
    packages = _packages()
    frames = _frames(error.__traceback__)
    for name, place in reversed(frames):
        if package := packages.get(name.partition(".")[0]):
            return _of_package(package, said, place)
    asked_of = type(error.obj).__module__ if isinstance(error, AttributeError) else ""
    if package := packages.get(asked_of.partition(".")[0]):
        return _of_package(package, said, asked_of)
    others = f" or of a package that it uses ({', '.join(sorted(set(packages.values())))})" if packages else ""
    return UnforeseenError(
        f"a fault of the supervisor itself{others}: {said}",
        where=frames[-1][1] if frames else "",
        remedy=f"Please report it, with what {SHOW_TRACEBACK}=1 shows. What is done is kept; the same command goes on.",
    )


def call_by_call(error: BaseException) -> str:
    """Where it comes from, for whoever mends it."""
    return "".join(traceback.format_exception(error))


def _of_package(package: str, said: str, place: str) -> CannotContinue:
    return UnforeseenError(
        f"the installed package {package!r} failed: {said}",
        where=place,
        remedy=f"Mend or remove it ({SHOW_TRACEBACK}=1 shows more). What is done is kept; the same command goes on.",
    )


def _packages() -> dict[str, str]:
    """Top-level module to the package that offers something of it."""
    found: dict[str, str] = {}
    for distribution in distributions():
        for entry in distribution.entry_points:
            if entry.group.startswith(_GROUPS):
                found[entry.module.partition(".")[0]] = distribution.name
    return {module: package for module, package in found.items() if module != "supervisor"}


def _frames(tb: TracebackType | None) -> list[tuple[str, str]]:
    """Module and place of each call, the innermost last."""
    return [
        (str(frame.f_globals.get("__name__", "")), f"{Path(frame.f_code.co_filename).name}, line {line}")
        for frame, line in traceback.walk_tb(tb)
    ]
