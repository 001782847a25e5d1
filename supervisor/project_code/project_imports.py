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


class ProjectModule(SourceFileLoader):
    """Compiles a module from its text: kept bytecode is known by second and size, and may be of the text before."""

    def path_stats(self, path: str) -> Mapping[str, object]:
        """Asked before bytecode is read or written: OSError says that there is none, and that none is to be."""
        raise OSError(f"{path}: no bytecode is kept of a project's modules")


_finder = FileFinder.path_hook((ExtensionFileLoader, EXTENSION_SUFFIXES), (ProjectModule, SOURCE_SUFFIXES))


def prepare_imports(project: str) -> None:
    """Have modules of the project found in this process. What is installed inside its folder, as in a virtual
    environment there, is no code of the project."""
    within = os.path.join(project, "")
    installed = [os.path.join(part, "") for part in (*sys.path, *supervisor.__path__)]
    others = tuple(part for part in installed if part.startswith(within) and part != within)

    def own_finder(folder: str) -> PathEntryFinder:
        if not (inside := os.path.join(folder, "")).startswith(within) or inside.startswith(others):
            raise ImportError(f"{folder} is not of the project")
        return _finder(folder)

    standard = os.path.dirname(os.__file__)
    last = max(at for at, part in enumerate(sys.path) if part.startswith(standard) and "-packages" not in part)
    sys.path.insert(last + 1, project)
    sys.path_hooks.insert(0, own_finder)
    sys.path_importer_cache.clear()
