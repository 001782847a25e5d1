"""The command `supervisor`: its groups of commands, and how errors reach a person."""

from __future__ import annotations

import sys

import typer

from supervisor import __version__
from supervisor.cli import checking, controlling, looking, making, running
from supervisor.errors import SupervisorError

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


for group in (running, looking, controlling, checking, making):
    group.register(app)


def main() -> None:
    """Run the command; an error that a person can act on is one message and an exit status, not a traceback."""
    try:
        app()
    except SupervisorError as error:
        typer.echo(f"supervisor: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left
        sys.exit(0)
