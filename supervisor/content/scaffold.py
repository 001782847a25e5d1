"""Making a new project: the smallest pipeline, ready to run."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from supervisor.errors import UsageError
from supervisor.failpoints import reached

_SOURCE = Path(__file__).parent / "scaffold_files"


def make_project(folder: Path) -> list[Path]:
    """Lay out a project in `folder`, which may exist if nothing of ours is in the way; the files, relative to it.

    UsageError where it cannot be made; then nothing is.
    """
    files = sorted(path.relative_to(_SOURCE) for path in _SOURCE.rglob("*") if path.is_file())
    if folder.exists() and not folder.is_dir():
        raise UsageError("there is a file of that name", where=str(folder), remedy="Choose another name.")
    for top in sorted({path.parts[0] for path in files}):
        if (folder / top).exists():
            raise UsageError(f"{top} is there already", where=str(folder), remedy="Choose an empty or a new directory.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        existed = folder.exists()
        staged = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder if existed else folder.parent))
        try:
            shutil.copytree(_SOURCE, staged, dirs_exist_ok=True, copy_function=shutil.copyfile)
            reached("init.made")
            if existed:
                for entry in sorted(os.listdir(staged)):
                    reached("init.before_rename")
                    os.rename(staged / entry, folder / entry)
                    reached("init.renamed")
            else:
                staged.chmod(0o755)
                os.rename(staged, folder)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    except OSError as error:
        raise UsageError(f"cannot be made: {error.strerror}", where=str(error.filename or folder)) from error
    return files
