"""Where results go: a folder, or what is to become one."""

from __future__ import annotations

import os

from supervisor.errors import PipelineError
from supervisor.project.project import Project


def check_results_folder(project: Project, collection: str, target: str) -> None:
    """PipelineError where something else stands in the place of the folder of results, or of one above it."""
    folder = project.results(collection, target)
    for place in (folder, *folder.parents):
        if place.is_dir():
            return
        if os.path.lexists(place):
            what = "a link that leads to no folder" if place.is_symlink() else "no folder"
            raise PipelineError(
                f"{what} stands where results are to go",
                where=project.relative(place),
                remedy="Move it away, or mount the disk that it is on.",
            )
