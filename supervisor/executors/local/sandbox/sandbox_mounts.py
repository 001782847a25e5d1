"""What a session has to read besides its own folders: the system, its program, and what that is installed in."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from supervisor.workspaces.session_paths import SessionPaths

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix")
"""Folders of the system, which every session sees."""
HIDDEN_FILES = ("/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers")
HIDDEN_FOLDERS = ("/etc/ssh", "/etc/ssl/private", "/etc/sudoers.d")
HIDDEN = frozenset((*HIDDEN_FILES, *HIDDEN_FOLDERS))
"""What is root's alone in them."""
LOOKED_AT = (*SYSTEM, "/etc/ssl")
"""What is changed where something else is to be shown of the system."""
_FOUND_BY_NAME = ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Variables whose files a program reads that is given them."""
_RESOLVER = "/etc/resolv.conf"
_TOO_BROAD = (".local", ".config", ".cache")
# pyenv, asdf and mise keep the versions that a shim chooses from beside the folder of shims.
_OF_AN_INSTALLATION = ("bin", "sbin", "shims")


def readable_paths(
    words: Sequence[str], environment: Mapping[str, str], paths: SessionPaths, readable: Sequence[Path]
) -> tuple[str, ...]:
    """What is there to be read outside of the system's folders, outer folders before inner ones: files of the program,
    certificates, name resolution, and what is named `readable`.

    Sessions of an agent ask for the same: it is found once, and again where something of it changed.
    """
    search_path, own = environment.get("PATH", os.defpath), f"{paths.workspace.parent}/"
    program = shutil.which(words[0], path=search_path) or words[0]
    scripts = tuple(word for word in words[1:] if word.startswith("/") and not word.startswith(own))
    certificates = tuple(Path(environment[name]) for name in _FOUND_BY_NAME if name in environment)
    asked = (program, scripts, search_path, (*certificates, *readable), Path.home(), paths.project)
    found = _readable_paths(*asked)
    if last_changes(found.looked_at) != found.changes:
        _readable_paths.cache_clear()
        found = _readable_paths(*asked)
    return found.paths


def last_changes(paths: Iterable[str]) -> tuple[int, ...]:
    """By which it is known whether any of the files and folders was changed, replaced or deleted."""
    return tuple(_last_change(path) for path in paths)


class _Found(NamedTuple):
    paths: tuple[str, ...]
    looked_at: tuple[str, ...]
    changes: tuple[int, ...]


@functools.lru_cache(maxsize=64)
def _readable_paths(
    program: str, scripts: tuple[str, ...], search_path: str, named: tuple[Path, ...], home: Path, project: Path
) -> _Found:
    files, seen = _program_files((program, *scripts), search_path, (home, project))
    wanted = [*files, *(path for path in (*named, Path(os.path.realpath(_RESOLVER))) if not _of_system(path))]
    there = sorted({path for path in wanted if path.exists()}, key=lambda each: len(each.parts))
    looked_at = tuple(map(str, dict.fromkeys([*seen, *wanted, Path(_RESOLVER)])))
    return _Found(tuple(map(str, there)), looked_at, last_changes(looked_at))


def _last_change(path: str) -> int:
    try:
        seen = os.lstat(path)
    except OSError:
        return 0
    return hash((seen.st_ino, seen.st_mtime_ns))


def _program_files(words: Iterable[str], search_path: str, private: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Files and folders outside of the system's that a command needs to be run, and the files that tell it.

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
    seen: dict[Path, None] = {}
    done: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in done:
            continue
        done.add(path)
        for step in _links(path):
            seen[step] = None
            found[_installed_in(step, guarded)] = None
        waiting += _interpreters(path, search_path)
    return [path for path in found if not _of_system(path)], list(seen)


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
