"""Reads from the rendered prompt of a batch what it asks for."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from supervisor.agents.phrasebook.cannot_work import CannotWork

_BATCH = "# This batch"
_ITEMS = "The items, id to content:"
_OUTPUT = "Write the output as one JSON file to this path"
_FENCE = re.compile(r"(`{3,})\w*\s*")
_PHASE = re.compile(r"\d+ +(.+)")


class Entry(NamedTuple):
    """One LEGO of the vocabulary."""

    id: str
    target: str
    known: str


class Prompt(NamedTuple):
    """What one batch asks for."""

    target: str
    """The whole code of the target, for example `spa_for_eng_20seeds`."""
    phase: str
    batch: int
    items: dict[str, Any]
    output_file: str
    vocabulary: list[Entry]
    """In order of introduction; empty where the prompt has none."""

    @property
    def target_language(self) -> str:
        """What to translate into, in ISO 639-3."""
        return self.target.partition("_for_")[0]

    @property
    def known_language(self) -> str:
        """What to translate from, in ISO 639-3; empty where the target does not say it."""
        return self.target.partition("_for_")[2].partition("_")[0]


def read_prompt(text: str) -> Prompt:
    """What the last `# This batch` of a prompt says; CannotWork names the part that is not there."""
    lines = text.split("\n")
    places = [place for place, line in enumerate(lines) if line.rstrip() == _BATCH]
    if not places:
        raise CannotWork(f'the prompt has no section "{_BATCH}"; give it the prompt of a batch')
    section = lines[places[-1] + 1 :]
    phase = _PHASE.fullmatch(_field(section, "Phase"))
    if phase is None:
        raise CannotWork(f'the prompt\'s "- Phase:" has no number and name; {_expected("- Phase: <number> <name>")}')
    batch = _field(section, "Batch").split()[0]
    if not (batch.isascii() and batch.isdigit()):
        raise CannotWork(f'the prompt\'s "- Batch:" does not begin with a number; {_expected("- Batch: <number>")}')
    return Prompt(
        target=_field(section, "Target"),
        phase=phase[1],
        batch=int(batch),
        items=_items(section),
        output_file=_output_file(section),
        vocabulary=_vocabulary(lines[: places[-1]]),
    )


def _field(section: list[str], name: str) -> str:
    start = f"- {name}:"
    for line in section:
        if line.startswith(start) and line[len(start) :].strip():
            return line[len(start) :].strip()
    raise CannotWork(f"the prompt says no {name.lower()}; {_expected(f'{start} …')}")


def _items(section: list[str]) -> dict[str, Any]:
    after = iter(section[_place(section, _ITEMS) + 1 :])
    fence = next((match for line in after if (match := _FENCE.fullmatch(line))), None)
    if fence is None:
        raise CannotWork(f"the prompt has no items; {_expected(f'a fenced block of JSON after {_ITEMS!r}')}")
    block: list[str] = []
    for line in after:
        if line.rstrip() == fence[1]:
            break
        block.append(line)
    else:
        raise CannotWork("the block of items in the prompt is not closed; give the whole prompt")
    try:
        items = json.loads("\n".join(block))
    except (ValueError, RecursionError) as error:
        raise CannotWork(f"the items in the prompt are not JSON: {error}; give them as one object") from error
    if not isinstance(items, dict):
        raise CannotWork("the items in the prompt are not a JSON object; give them as one object, id to content")
    return items


def _output_file(section: list[str]) -> str:
    after = section[_place(section, _OUTPUT) + 1 :]
    path = next((line for line in after if line.strip()), "")
    if not path.startswith("    ") or not path.strip() or "\0" in path:
        raise CannotWork(f"the prompt has no path for the output; {_expected(f'an indented line after {_OUTPUT!r}')}")
    return path[4:].rstrip("\r")


def _place(section: list[str], start: str) -> int:
    for place, line in enumerate(section):
        if line.startswith(start):
            return place
    raise CannotWork(f'the prompt does not say "{start}"; {_expected("that line")}')


def _vocabulary(lines: list[str]) -> list[Entry]:
    """The lines of JSON below the last heading, since examples further up look the same."""
    headings = [place for place, line in enumerate(lines) if line.startswith("# ")]
    found: list[Entry] = []
    for line in lines[headings[-1] + 1 if headings else 0 :]:
        if not line.startswith("{"):
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue  # prose that begins with a brace
        if isinstance(value, dict):
            texts = [text for name in Entry._fields if isinstance(text := value.get(name), str)]
            if len(texts) == len(Entry._fields):
                found.append(Entry(*texts))
    return found


def _expected(what: str) -> str:
    return f'expected under "{_BATCH}": {what}'
