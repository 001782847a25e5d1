"""`doctor`, `validate`: whether things are as they should be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from supervisor.cli import cli_options as o


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(doctor)
    app.command()(validate)


def doctor(
    project: o.ProjectOption = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what is damaged and can be mended; what is replaced is copied first.")
    ] = False,
) -> None:
    """Look at this machine, the project, its pipelines, agents and store, and say what is not as it should be."""
    from supervisor.doctor.doctor_checks import run_checks
    from supervisor.doctor.store_repair import repair as mend

    start = Path.cwd() if project is None else project
    if repair:
        done = False
        for line in mend(o.project_at(project)):
            typer.echo(f"done  {line}")
            done = True
        if not done:
            typer.echo("done  there is nothing to mend")
    failed = mends = False
    for finding in run_checks(start):
        mark = {"ok": "ok  ", "warning": "warn", "failure": "FAIL"}[finding.level]
        typer.echo(f"{mark}  {finding.subject}: {finding.text}")
        failed = failed or finding.level == "failure"
        mends = mends or (finding.repair is not None and finding.level == "failure")
    if mends and not repair:
        typer.echo("`supervisor doctor --repair` mends what is damaged, as far as it can; it copies what it replaces")
    raise typer.Exit(4 if failed else 0)


def validate(
    pipeline: Annotated[str, typer.Argument(help="Name of a folder in phase_intelligence/.")],
    phase: Annotated[int, typer.Argument(help="Id of a phase.")],
    file: Annotated[Path, typer.Argument(help="An output to judge: a main file, or a session's.")],
    target: Annotated[
        str | None, typer.Option("--target", help="Whose items it answers; default: the folder it lies in.")
    ] = None,
    input_file: Annotated[
        Path | None, typer.Option("--input", help="Input file of the session; default: the items that are known.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    project: o.ProjectOption = None,
) -> None:
    """Judge FILE as the output of PHASE of PIPELINE: ends with 0 where it is valid, with 1 where it is not."""
    import asyncio

    from supervisor.engine.validation.validate_file import validate_file
    from supervisor.text.plain_text import plain_line

    here = o.project_at(project)
    result, ids = asyncio.run(validate_file(here, pipeline, phase, file, target, input_file))
    failed = [item_id for item_id in ids if item_id not in result.passed]
    if as_json:
        shown = {
            "valid": not result.errors,
            "errors": [error.model_dump() for error in result.errors],
            "mended": list(result.mended),
            "failed": failed,
            "stats": {"total": len(ids), "passed": len(ids) - len(failed), "failed": len(failed)},
        }
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        for line in result.mended:
            typer.echo(plain_line(f"mended: {line}"))
        for error in result.errors:
            place = f"{error.item_id}: " if error.item_id else ""
            advice = f" ({error.suggestion})" if error.suggestion else ""
            typer.echo(plain_line(f"{error.type}: {place}{error.message}{advice}"))
        passed = len(ids) - len(failed)
        typer.echo(f"{'not valid' if result.errors else 'valid'}: {passed} of {len(ids)} items pass")
    raise typer.Exit(1 if result.errors else 0)
