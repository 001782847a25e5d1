"""Judges the report: its title and its sections, the supplies as they were worked out, and plain Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mission_findings import Findings, described
from mission_markdown import Markdown, check_table, check_text
from mission_rules import REPORT, headings, name_of

from supervisor import BatchInput, ValidationReport

_TASK = re.compile(r"^- \[ \] \S", re.MULTILINE)


def validate(batch: BatchInput, output: Mapping[str, Any], merged: Mapping[int, Any]) -> ValidationReport:
    """The errors of all households."""
    most = int(batch.settings["max_characters"])
    return ValidationReport(
        errors=[
            error for item_id, given in batch.items.items() for error in _errors(item_id, given, output[item_id], most)
        ]
    )


def _errors(item_id: str, given: Mapping[str, Any], answer: Any, most: int) -> list[Any]:
    findings = Findings(item_id)
    if not findings.members("the answer", answer, "title", "markdown"):
        return findings.errors
    findings.text("title", answer["title"], (10, 120))
    city = given["household"]["location"]["city"]
    if isinstance(answer["title"], str) and city not in answer["title"]:
        findings.add("place_missing", f"title does not name {city}", "name the city in the title")
    text = check_text(findings, "markdown", answer["markdown"], most)
    if text is None:
        return findings.errors
    first = text.headings[0] if text.headings else None
    if text.titles(1) != [answer["title"]] or first is None or first.level != 1 or first.line != 0:
        findings.add(
            "wrong_title",
            f"the headings of the first level are {described(text.titles(1))}",
            f"begin with the only one, the title: {described(answer['title'])}",
        )
    if text.titles(2) != list(headings(REPORT)):
        findings.add(
            "wrong_sections",
            f"the sections are {described(text.titles(2))}",
            f"write exactly these, in this order: {', '.join(headings(REPORT))}",
        )
        return findings.errors
    for heading in headings(REPORT):
        if not text.section(heading):
            findings.add("empty_section", f"section {heading!r} is empty", "write what stands in the item's section")
    _check_sections(findings, given, text)
    return findings.errors


def _check_sections(findings: Findings, given: Mapping[str, Any], text: Markdown) -> None:
    household = given["household"]
    summary = text.section("Summary")
    if len(summary) > 1200:
        findings.add("too_long", f"section 'Summary' has {len(summary):,} characters", "write 1,200 at most")
    for fact in (household["location"]["city"], str(int(household["durationDays"]))):
        if not re.search(rf"(?<!\w){re.escape(fact)}(?!\w)", summary):
            findings.add("fact_missing", f"section 'Summary' does not say {fact!r}", "name the city and the days")
    names = [name_of(scenario) for scenario in given["scenarios"]]
    plan = Markdown(text.section("What to do"))
    if plan.titles(3) != names:
        findings.add(
            "wrong_heading",
            f"the headings of section 'What to do' are {described(plan.titles(3))}",
            f"write one of the third level for each emergency: {', '.join(names)}",
        )
    supplies = Markdown(text.section("Supplies"))
    check_table(findings, "the table of section 'Supplies'", supplies, given["supplies"], given["total"])
    if len(text.tables()) > len(supplies.tables()):
        findings.add("wrong_table", "there is a table outside of section 'Supplies'", "write it as a list")
    if f"{given['total']:.2f}" not in text.section("Budget"):
        findings.add("total_missing", f"section 'Budget' does not say {given['total']:.2f}", "say what all of it costs")
    tasks = len(_TASK.findall(text.section("Checklist")))
    if not 5 <= tasks <= 12:
        findings.add("wrong_checklist", f"section 'Checklist' has {tasks} tasks", "write 5 to 12 lines of - [ ] task")
