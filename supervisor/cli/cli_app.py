"""The commands of `supervisor`, in groups of which only the one that is called is loaded; how errors reach a person."""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from supervisor import __version__
from supervisor.cli.standard_files import StandardFiles
from supervisor.errors import CannotContinue, SupervisorError, UsageError
from supervisor.host.quick_exit import quick_exit

GROUPS = {
    "run_commands": ("run", "start", "daemon"),
    "status_commands": ("status", "jobs", "logs", "watch"),
    "control_commands": ("stop", "resume", "cancel", "retry"),
    "doctor_commands": ("doctor", "validate"),
    "project_commands": ("init", "export"),
    "report_command": ("report",),
    "agent_commands": ("agents",),
    "serve_commands": ("serve", "tokens"),
    "webhook_commands": ("webhooks",),
}
"""Modules beside this one to the commands that each has, in the order in which they are shown."""


_WORK = frozenset({"run", "start", "daemon", "serve", "stop", "resume", "cancel", "retry", "init"})
"""Commands that have done what they are for also where what they print is lost."""


_YOUNG_OBJECTS = 50_000
"""So many are made before Python looks for cycles among them: loading the code makes few, and would look for them again
and again with Python's own 700."""


def app_for(words: Sequence[str]) -> typer.Typer:
    """The command line with the group of the command that `words` begin with; with all groups where it is in none."""
    app = typer.Typer(
        name="supervisor",
        help="Push items through agent sessions in batches: fresh sessions, validated output, retry with feedback,"
        " resume.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_options)
    called = [group for group, commands in GROUPS.items() if words and words[0] in commands]
    for group in called or GROUPS:
        import_module(f"supervisor.cli.{group}").register(app)
    return app


def _options(version: bool = typer.Option(False, "--version", help="Print the version and end.")) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main(files: StandardFiles) -> None:
    """Run the command; an error that a person can act on is one message and an exit status, not a traceback."""
    gc.set_threshold(_YOUNG_OBJECTS)
    status: int | str | None = 0
    try:
        _require_utf8(sys.argv[1:])
        app_for(sys.argv[1:])()
    except SystemExit as ended:
        status = ended.code
    except SupervisorError as error:
        _say(f"supervisor: {error}")
        status = _status(error)
    except (OSError, sqlite3.Error, RuntimeError, MemoryError) as error:
        fault = _in_words(error)
        status = _end_with_unforeseen(error) if fault is None else _end_with(error, fault)
    except Exception as error:
        status = _end_with_unforeseen(error)
    files.flush()
    if files.failure is not None:
        _say(f"supervisor: not all of the output could be written: {files.failure.strerror}")
        if _WORK.isdisjoint(sys.argv[1:2]) and not status:
            status = CannotContinue.exit_code
    sys.stderr.flush()
    quick_exit(status)


def _require_utf8(words: Sequence[str]) -> None:
    """UsageError for a word that is not UTF-8: it could be no name of anything, and stored nowhere."""
    for word in words:
        if not word.isascii() and any("\ud800" <= letter <= "\udfff" for letter in word):
            shown = word.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            raise UsageError("not valid UTF-8", where=shown, remedy="Write it in UTF-8.")


def _end_with(error: Exception, fault: str) -> int:
    _say(f"supervisor: {fault}\n  {_remedy(error)}")
    return CannotContinue.exit_code


def _end_with_unforeseen(error: Exception) -> int:
    from supervisor.host.unforeseen import SHOW_TRACEBACK, as_error, call_by_call

    if os.environ.get(SHOW_TRACEBACK):
        _say(call_by_call(error))
    known = as_error(error)
    _say(f"supervisor: {known}")
    return known.exit_code


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _status(error: SupervisorError) -> int:
    """What a person wrote is not wrong where the machine could not read it."""
    from supervisor.host.machine_errors import machine_error

    cause = error.__cause__
    short = cause is not None and not isinstance(cause, PermissionError) and machine_error(cause) is not None
    return CannotContinue.exit_code if short else error.exit_code


def _in_words(error: Exception) -> str | None:
    from supervisor.host.machine_errors import machine_error

    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
    return str(error) if isinstance(error, sqlite3.Error) else machine_error(error)


def _remedy(error: Exception) -> str:
    from supervisor.store.database import MEND, is_damage

    if is_damage(error):
        return MEND
    return "What is done is kept; the same command goes on when that is mended. `supervisor doctor` may say more."
