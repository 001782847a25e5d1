"""`init` and `export`: making a project, and taking results out of one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from supervisor.cli import cli_options as o


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(init)
    app.command()(export)


def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to make it.")]) -> None:
    """Make a project with the smallest pipeline: 50 items, an agent of three lines, a validator."""
    from supervisor.project.scaffold import make_project

    made = make_project(folder)
    typer.echo(f"made a project in {folder}:")
    for path in made:
        typer.echo(f"  {path}")
    inside = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
    typer.echo(f"run it: {inside}supervisor run facts demo --agent mine")


def export(
    job: o.JobArgument,
    phase: Annotated[int | None, typer.Option("--phase", help="Which phase; default: the last.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; default: print.")] = None,
    lines: Annotated[bool, typer.Option("--jsonl", help="JSON Lines, an item a line.")] = False,
    project: o.ProjectOption = None,
) -> None:
    """Print what is merged of JOB, as the store has it now."""
    from supervisor.errors import JobError, UsageError
    from supervisor.host.durable_files import replace_durably
    from supervisor.sinks.json_sink import as_lines, rendered
    from supervisor.store.queries.job_summary import summarise_phases
    from supervisor.store.queries.merged_snapshot import snapshot

    here = o.project_at(project)
    database, found = o.job_named(here, job)
    phases = summarise_phases(database, found.id)
    chosen = [each for each in phases if phase is None or each.id == phase]
    if not chosen:
        known = ", ".join(str(each.id) for each in phases)
        raise JobError(f"there is no phase {phase}", where=found.name, remedy=f"Its phases are: {known}.")
    taken = snapshot(database, found.id, chosen[-1].id, chosen[-1].merge)
    pieces = as_lines(taken) if lines else rendered(taken)
    if output is None:
        sys.stdout.buffer.writelines(pieces)
        return
    try:
        replace_durably(output, pieces)
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror}", where=str(output), remedy="Name another file with --output."
        ) from error
    typer.echo(f"{len(taken.rows)} items of phase {chosen[-1].id} {chosen[-1].name} in {output}")
