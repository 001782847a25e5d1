"""The command `supervisor`: the general help and the version are answered at once, all else by the commands."""

from __future__ import annotations

import os
import sys

from supervisor import __version__
from supervisor.cli.standard_files import StandardFiles

HELP_FILE = os.path.join(os.path.dirname(__file__), "help.txt")
"""What the commands print as general help, kept by `make help-text`: to have them put it together takes long."""
_HELP_COLUMNS = 80
_BAD_USAGE = 2
_ONLY_SHOW = frozenset({"status", "jobs", "logs", "watch", "export"})
"""Commands that have nothing to do once nobody reads what they print."""


def main() -> None:
    """Run the command."""
    words = sys.argv[1:]
    files = StandardFiles(only_shows=bool(words) and words[0] in _ONLY_SHOW)
    files.set_up()
    try:
        if words == ["--version"]:
            return _print(files, __version__ + "\n")
        if words in ([], ["-h"], ["--help"]) and _help_fits():
            with open(HELP_FILE, encoding="utf-8") as file:
                _print(files, file.read())
            return None if words else sys.exit(_BAD_USAGE)
    except OSError:
        pass  # the commands meet the same, and say so
    from supervisor.cli.cli_app import main as run_command

    return run_command(files)


def _print(files: StandardFiles, text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
    if files.failure is not None:
        raise files.failure


def _help_fits() -> bool:
    """Whether the kept text can be shown as it is: its lines are as long as they are, its boxes are Unicode."""
    wide = not sys.stdout.isatty() or os.get_terminal_size(sys.stdout.fileno()).columns >= _HELP_COLUMNS
    return wide and sys.stdout.encoding.lower() == "utf-8"
