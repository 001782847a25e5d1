"""Making a new project: the smallest pipeline, ready to run."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from pathlib import Path

from supervisor.errors import UsageError
from supervisor.failpoints import reached
from supervisor.host.file_modes import NEW_FOLDER, umask

_SOURCE = Path(__file__).parent / "scaffold_files"
_COMPILED = "__pycache__"
"""What an installer makes beside the Python files."""


def make_project(folder: Path) -> list[Path]:
    """Lay out a project in `folder`, which may exist if nothing of ours is in the way; the files, relative to it.

    UsageError where it cannot be made; then nothing is. What was begun and cut off is brought to its end.
    """
    files = sorted(
        path.relative_to(_SOURCE)
        for path in _SOURCE.rglob("*")
        if path.is_file() and _COMPILED not in path.relative_to(_SOURCE).parts
    )
    if folder.exists() and not folder.is_dir():
        raise UsageError("there is a file of that name", where=str(folder), remedy="Choose another name.")
    existed = folder.exists()
    beside = folder if existed else folder.parent
    cut_off = list(beside.glob(f"{glob.escape(_staged(folder))}*"))
    for top in sorted({path.parts[0] for path in files}):
        if (folder / top).exists() and not (cut_off and _is_ours(folder, [f for f in files if f.parts[0] == top])):
            raise UsageError(f"{top} is there already", where=str(folder), remedy="Choose an empty or a new directory.")
    try:
        beside.mkdir(parents=True, exist_ok=True)
        for earlier in cut_off:
            shutil.rmtree(earlier)
        staged = Path(tempfile.mkdtemp(prefix=_staged(folder), dir=beside))
        try:
            shutil.copytree(
                _SOURCE,
                staged,
                dirs_exist_ok=True,
                copy_function=shutil.copyfile,
                ignore=shutil.ignore_patterns(_COMPILED),
            )
            for made in staged.rglob("*/"):
                made.chmod(NEW_FOLDER & ~umask())
            reached("init.made")
            if existed:
                for entry in sorted(os.listdir(staged)):
                    if not (folder / entry).exists():
                        reached("init.before_rename")
                        os.rename(staged / entry, folder / entry)
                        reached("init.renamed")
            else:
                staged.chmod(NEW_FOLDER & ~umask())
                os.rename(staged, folder)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    except OSError as error:
        raise UsageError(f"cannot be made: {error.strerror}", where=str(error.filename or folder)) from error
    return files


def _staged(folder: Path) -> str:
    """How the name begins under which the files are made before they are put into their places."""
    return f".{folder.name}.supervisor-init-"


def _is_ours(folder: Path, files: list[Path]) -> bool:
    """Whether these files are there as they are laid out."""
    return all(
        (folder / file).is_file() and (folder / file).read_bytes() == (_SOURCE / file).read_bytes() for file in files
    )
