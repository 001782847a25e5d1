"""The files of a pipeline that has a version: a job keeps those that it began with."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from supervisor.errors import PipelineError
from supervisor.model.job import Job
from supervisor.model.pipeline import Pipeline
from supervisor.project.project import Project
from supervisor.store.database import Database
from supervisor.store.tables import pipeline_versions
from supervisor.store.tables.pipeline_versions import PipelineVersion

FOLDER = "definitions"
"""Beside the store, with a folder for each definition that was worked with."""
MOST_BYTES = 16 << 20


def definition_of(project: Project, pipeline: Pipeline) -> PipelineVersion | None:
    """The pipeline's files as they are now; None where it has no version, so that jobs follow its files.

    PipelineError where they are no texts, or too large to be kept with a job.
    """
    if pipeline.version is None:
        return None
    files: dict[str, str] = {}
    size = 0
    for path in _files(project, pipeline.name):
        name = path.relative_to(project.content).as_posix()
        try:
            files[name] = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise PipelineError(
                f"byte {error.start} is not valid UTF-8, and a pipeline with a version is made of texts",
                where=name,
                remedy="Move the file out of the pipeline's folders, or leave `version` out.",
            ) from error
        size += len(files[name])
        if size > MOST_BYTES:
            raise PipelineError(
                f"its files have more than {MOST_BYTES >> 20} MiB, too much to be kept with every version",
                where=name,
                remedy="Move large files out of the pipeline's folders, or leave `version` out.",
            )
    return PipelineVersion(pipeline=pipeline.name, version=pipeline.version, files=files)


def content_of(project: Project, database: Database, job: Job | None) -> Project:
    """The project with the content that a job began with: its own, where the job kept none."""
    if job is None or job.definition is None:
        return project
    folder = project.state / FOLDER / job.definition
    if not folder.is_dir():
        definition = pipeline_versions.get(database, job.definition)
        if definition is None:
            return project
        _lay_out(definition, folder)
    return project.with_content(folder)


def stamp_of(project: Project, pipeline: str) -> tuple[tuple[str, int, int], ...]:
    """Changes whenever one of the pipeline's files does: names, sizes and times."""
    found = [stamp for folder in _folders(project, pipeline) for stamp in _stamps(folder)]
    return tuple(sorted(found))


def _stamps(folder: Path | str) -> Iterator[tuple[str, int, int]]:
    """Of the files that `_files` gives, which takes ten times as long."""
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name == "__pycache__":
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _stamps(entry.path)
        elif entry.is_file():
            found = entry.stat()
            yield entry.path, found.st_size, found.st_mtime_ns


def _folders(project: Project, pipeline: str) -> tuple[Path, ...]:
    return project.pipeline_folder(pipeline), project.validator_folder(pipeline), project.prompt_folder(pipeline)


def _files(project: Project, pipeline: str) -> Iterator[Path]:
    for folder in _folders(project, pipeline):
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            if path.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in parts):
                yield path


def _lay_out(definition: PipelineVersion, folder: Path) -> None:
    """Write the files; they are all there, or none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        for name, text in definition.files.items():
            path = making / PurePosixPath(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8"))
            path.chmod(0o755 if text.startswith("#!") else 0o644)
        making.chmod(0o755)
        os.rename(making, folder)
    except OSError:
        shutil.rmtree(making, ignore_errors=True)
        if not folder.is_dir():  # else another process was faster
            raise
