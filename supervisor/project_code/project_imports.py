"""What a project's code finds when it imports: Python's own modules, then the project's, then installed ones."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from typing import TYPE_CHECKING

import supervisor

if TYPE_CHECKING:
    from importlib.abc import PathEntryFinder

_PYTHON = os.path.dirname(os.__file__)


class ProjectModule(SourceFileLoader):
    """Compiles a module from its text: kept bytecode is known by second and size, and may be of the text before."""

    def path_stats(self, path: str) -> Mapping[str, object]:
        """Asked before bytecode is read or written: OSError says that there is none, and that none is to be."""
        raise OSError(f"{path}: no bytecode is kept of a project's modules")


_finder = FileFinder.path_hook((ExtensionFileLoader, EXTENSION_SUFFIXES), (ProjectModule, SOURCE_SUFFIXES))


def prepare_imports(project: str) -> None:
    """Have modules of the project found in this process. What is installed inside its folder, as in a virtual
    environment there, is no code of the project."""

    def own_finder(folder: str) -> PathEntryFinder:
        if not _is_in(folder, project) or _is_installed(folder):
            raise ImportError(f"{folder} is not of the project")
        return _finder(folder)

    sys.path.sort(key=lambda folder: not _is_pythons(folder))  # keeps the order of each kind
    find_first(project)
    sys.path_hooks.insert(0, own_finder)
    sys.path_importer_cache.clear()


def find_first(folder: str) -> None:
    """Have modules of a folder found before all others but Python's own."""
    if folder not in sys.path:
        sys.path.insert(1 + max(at for at, part in enumerate(sys.path) if _is_pythons(part)), folder)


def _is_pythons(folder: str) -> bool:
    return _is_in(folder, _PYTHON) and not _is_installed(folder)


def _is_installed(folder: str) -> bool:
    packages = any(part.endswith("-packages") for part in folder.split(os.sep))
    return packages or any(_is_in(folder, ours) for ours in supervisor.__path__)


def _is_in(folder: str, other: str) -> bool:
    return os.path.join(folder, "").startswith(os.path.join(other, ""))
