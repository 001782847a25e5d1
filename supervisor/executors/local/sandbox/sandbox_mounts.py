"""What a program needs to read in order to run: itself, its interpreter, and the folders that they are installed in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix")
"""Folders of the system, which every session sees."""
_TOO_BROAD = (".local", ".config", ".cache")
# pyenv, asdf and mise keep the versions that a shim chooses from beside the folder of shims.
_OF_AN_INSTALLATION = ("bin", "sbin", "shims")


def program_files(words: Iterable[str], search_path: str, private: Iterable[Path]) -> list[Path]:
    """Files and folders outside of the system's that a command needs to be run.

    The first word is the program; of the others, those that name a file are taken for scripts. A program's folder of
    installation is taken whole, but never one that holds something `private`, such as the user's home: then the file
    alone is.
    """
    first, *others = words
    guarded = [path for folder in private for path in (folder, *(folder / name for name in _TOO_BROAD))]
    found: dict[Path, None] = {}
    program = shutil.which(first, path=search_path)
    waiting = [Path(program)] if program is not None else []
    waiting += [path for word in others if word.startswith("/") and (path := Path(word)).is_file()]
    seen: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for step in _links(path):
            found[_installed_in(step, guarded)] = None
        waiting += _interpreters(path, search_path)
    return [path for path in found if not _of_system(path)]


def _links(path: Path) -> Iterator[Path]:
    """The path, and what it leads to link by link; every one of them has to be there."""
    yield path
    for _ in range(40):
        if not path.is_symlink():
            break
        path = Path(os.path.normpath(path.parent / os.readlink(path)))
        yield path
    yield path.resolve()


def _installed_in(path: Path, guarded: list[Path]) -> Path:
    """The folder that a program came with, as far as that can be told and may be shown; else the file itself."""
    parts = path.parts
    if "node_modules" in parts:
        folder = Path(*parts[: parts.index("node_modules") + 1])
    elif path.parent.name in _OF_AN_INSTALLATION:
        folder = path.parent.parent
    else:
        folder = path.parent
    private = any(guard == folder or guard.is_relative_to(folder) for guard in guarded)
    return path if private or folder == Path("/") else folder


def _interpreters(path: Path, search_path: str) -> Iterator[Path]:
    """What runs a script, by its first line, and what a virtual environment was made from."""
    try:
        with open(path, "rb") as file:
            first = file.read(256).partition(b"\n")[0]
    except OSError:
        return
    if first.startswith(b"#!"):
        words = [word for word in first[2:].decode("utf-8", "replace").split() if not word.startswith("-")]
        if words and Path(words[0]).name == "env":
            words = words[1:]
        interpreter = shutil.which(words[0], path=search_path) if words else None
        if interpreter is not None:
            yield Path(interpreter)
    settings = path.parent.parent / "pyvenv.cfg"
    if settings.is_file():
        for line in settings.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition("=")
            if name.strip() == "home":
                yield Path(value.strip()) / path.name


def _of_system(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in SYSTEM)
