"""The command `supervisor`: its groups of commands, and how errors reach a person."""

from __future__ import annotations

import sqlite3
import sys

import typer

from supervisor import __version__
from supervisor.cli import agents, checking, controlling, looking, making, running
from supervisor.errors import CannotGoOn, SupervisorError

app = typer.Typer(
    name="supervisor",
    help="Push items through agent sessions in batches: fresh sessions, validated output, retry with feedback, resume.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _options(version: bool = typer.Option(False, "--version", help="Print the version and end.")) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


for group in (running, looking, controlling, agents, checking, making):
    group.register(app)


def main() -> None:
    """Run the command; an error that a person can act on is one message and an exit status, not a traceback."""
    try:
        app()
    except SupervisorError as error:
        typer.echo(f"supervisor: {error}", err=True)
        sys.exit(error.exit_code)
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, BrokenPipeError):
            sys.stderr.close()  # the reader of our output left
            sys.exit(0)
        place = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        typer.echo(f"supervisor: {place}{reason}\n  {_remedy(error)}", err=True)
        sys.exit(CannotGoOn.exit_code)


def _remedy(error: Exception) -> str:
    from supervisor.store.database import MEND, is_damage

    return MEND if is_damage(error) else "What is done is kept; the same command goes on."
