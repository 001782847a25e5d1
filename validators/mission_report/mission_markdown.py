"""A Markdown text of the report taken apart by a CommonMark parser: headings, sections, tables, and what may not be."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mission_findings import Findings, described, quoted

COLUMNS = ["Supply", "Quantity", "Unit", "Cost (USD)"]
_PARSER = MarkdownIt("commonmark").enable("table")
_REFUSED = {
    "html_block": "raw HTML",
    "html_inline": "raw HTML",
    "link_open": "a link",
    "image": "an image",
}


class Heading(NamedTuple):
    """A heading that stands by itself, not in a list or a quotation."""

    level: int
    text: str
    line: int
    below: int
    """The first line under it."""


class Markdown:
    """A parsed text."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._tokens = _PARSER.parse(text)
        self.headings = [
            Heading(int(token.tag[1:]), _plain(self._tokens[at + 1]), *(token.map or (0, 1)))
            for at, token in enumerate(self._tokens)
            if token.type == "heading_open" and token.level == 0
        ]

    def titles(self, level: int) -> list[str]:
        """The headings of a level, in order."""
        return [each.text for each in self.headings if each.level == level]

    def section(self, title: str, level: int = 2) -> str:
        """What stands under the first heading of this name, with the smaller headings in it."""
        for at, heading in enumerate(self.headings):
            if heading.text == title and heading.level == level:
                ends = (each.line for each in self.headings[at + 1 :] if each.level <= level)
                return "\n".join(self._lines[heading.below : next(ends, len(self._lines))]).strip()
        return ""

    def refused(self) -> list[str]:
        """What may not stand in it, each kind once."""
        return list(dict.fromkeys(_REFUSED[token.type] for token in _all(self._tokens) if token.type in _REFUSED))

    def tables(self) -> list[list[list[str]]]:
        """The cells of every table, row by row, the names of the columns first."""
        tables: list[list[list[str]]] = []
        for at, token in enumerate(self._tokens):
            if token.type == "table_open":
                tables.append([])
            elif token.type == "tr_open":
                tables[-1].append([])
            elif token.type in ("th_open", "td_open"):
                tables[-1][-1].append(_plain(self._tokens[at + 1]))
        return tables


def check_text(findings: Findings, where: str, text: Any, most: int) -> Markdown | None:
    """The parsed text, where it is one, and not empty; errors where it holds what may not be in it."""
    if not isinstance(text, str) or not text.strip():
        findings.add("empty_text", f"{where} is {described(text)}", "write its Markdown")
        return None
    if len(text) > most:
        findings.add("too_long", f"{where} has {len(text):,} characters", f"write {most:,} at most")
    if any(unicodedata.category(char) in ("Cc", "Cs", "Cn") and char != "\n" for char in text):
        findings.add("control_character", f"{where} holds control characters", "write visible characters and new lines")
    parsed = Markdown(text)
    for kind in parsed.refused():
        findings.add("refused_markup", f"{where} holds {kind}", "use plain Markdown, no HTML, links or images")
    return parsed


def check_table(
    findings: Findings, where: str, text: Markdown, supplies: list[Mapping[str, Any]], total: float
) -> None:
    """The only table is that of the supplies, with the quantities and costs that were worked out."""
    tables = text.tables()
    if len(tables) != 1:
        findings.add("wrong_table", f"{where} has {len(tables)} tables", "write the one table of the supplies")
        return
    names, *rows = tables[0]
    expected = [[line["item"], f"{line['quantity']}", line["unit"], f"{line['cost']:.2f}"] for line in supplies]
    expected.append(["Total", "", "", f"{total:.2f}"])
    if names != COLUMNS:
        findings.add("wrong_table", f"the columns of {where} are {described(names)}", f"write {' | '.join(COLUMNS)}")
    given = {row[0]: row for row in rows}
    for row in expected:
        if row[0] not in given:
            findings.add("missing_supply", f"{where} has no row {quoted(row[0])}", f"write | {' | '.join(row)} |")
        elif given[row[0]] != row:
            findings.add(
                "wrong_quantity",
                f"{where} says | {' | '.join(given[row[0]])} |",
                f"write | {' | '.join(row)} |, as it was worked out",
            )
    known = [row[0] for row in expected]
    if all(name in given for name in known) and [row[0] for row in rows] != known:
        findings.add(
            "wrong_table",
            f"the rows of {where} are {described([row[0] for row in rows])}",
            f"write each of these once, in this order: {', '.join(known)}",
        )


def _plain(token: Token) -> str:
    """The words of a line without its markup."""
    breaks = ("softbreak", "hardbreak")
    parts = [" " if child.type in breaks else child.content for child in token.children or []]
    return " ".join("".join(parts).split())


def _all(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or [])
