"""Reads from a prompt what its instructions ask for: tables, sections, and on a retry what was wrong."""

from __future__ import annotations

import re

_SECTION = re.compile(r"\d+\. \*\*(.+?)\*\*")
_WRONG = re.compile(r"^- type: (.+)$", re.MULTILINE)


class CannotWork(Exception):
    """What is missing, for the person who reads the last line of the session."""


def table(prompt: str, heading: str) -> list[dict[str, str]]:
    """The first table under a heading of the second level: its rows by the names of the columns."""
    rows: list[list[str]] = []
    for line in _under(prompt, heading):
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows:
            break
    if len(rows) < 3:
        raise CannotWork(f'the prompt has no table under "{heading}"')
    return [dict(zip(rows[0], row)) for row in rows[2:]]  # noqa: B905 - older Pythons run this too


def sections(prompt: str) -> list[str]:
    """The names of the sections that are asked for, in order."""
    found = [match.group(1) for line in _under(prompt, "Sections") for match in [_SECTION.match(line)] if match]
    if not found:
        raise CannotWork('the prompt lists no sections under "Sections"')
    return found


def faults(prompt: str) -> list[str]:
    """The kinds of errors that a retry tells of, each once."""
    return list(dict.fromkeys(_WRONG.findall(prompt.rpartition("\n# RETRY\n")[2]))) if "\n# RETRY\n" in prompt else []


def _under(prompt: str, heading: str) -> list[str]:
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^##? |\Z)", prompt, re.MULTILINE | re.DOTALL)
    return found.group(1).splitlines() if found else []
