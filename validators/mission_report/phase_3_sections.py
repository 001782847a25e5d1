"""Judges the sections: supplies of all plans with their costs, the budget, and the texts that the report is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mission_findings import Findings, described
from mission_markdown import check_table, check_text
from mission_rules import SECTIONS, affordable, gathered, headings, name_of

from supervisor import BatchInput, ValidationReport


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
    names = ("household", "scenarios", "supplies", "total", "buyFirst", "sections")
    if not findings.members("the answer", answer, *names):
        return findings.errors
    findings.copied("household", answer["household"], given["household"])
    scenarios = [plan["scenario"] for plan in given["plans"]]
    findings.same_order("scenarios", answer["scenarios"], scenarios)
    supplies = gathered(given["plans"])
    total = sum(line["cost"] for line in supplies)
    _check_figures(findings, answer, supplies, total, given["household"]["budget"])
    if not findings.array("sections", answer["sections"]):
        return findings.errors
    for number, section in enumerate(answer["sections"], 1):
        if not findings.members(f"entry {number} of sections", section, "heading", "markdown"):
            return findings.errors
    written = [section["heading"] for section in answer["sections"]]
    if written != list(headings(SECTIONS)):
        findings.add(
            "wrong_sections",
            f"the sections are {described(written)}",
            f"write exactly these, in this order: {', '.join(headings(SECTIONS))}",
        )
        return findings.errors
    for section in answer["sections"]:
        _check_section(findings, section["heading"], section["markdown"], most, (scenarios, supplies, total))
    return findings.errors


def _check_figures(
    findings: Findings, answer: Mapping[str, Any], supplies: list[dict[str, Any]], total: float, budget: float | None
) -> None:
    if not findings.array("supplies", answer["supplies"]):
        return
    for number, line in enumerate(supplies):
        given = answer["supplies"][number] if number < len(answer["supplies"]) else None
        if given != line:
            findings.add(
                "wrong_supply",
                f"entry {number + 1} of supplies is {described(given)}",
                f"write {described(line)}: each supply of the plans once, in the order of the table of prices",
            )
            return
    if len(answer["supplies"]) > len(supplies):
        findings.add(
            "wrong_supply",
            f"supplies has {len(answer['supplies'])} entries",
            f"the plans have {len(supplies)} different ones; write each once",
        )
    if isinstance(answer["total"], bool) or answer["total"] != total:
        findings.add("wrong_total", f"total is {described(answer['total'])}", f"the costs add up to {total:.2f}")
    first = affordable(supplies, budget)
    if answer["buyFirst"] != first:
        findings.add(
            "wrong_budget",
            f"buyFirst is {described(answer['buyFirst'])}",
            f"going down the supplies, the budget pays for {described(first)}",
        )


def _check_section(
    findings: Findings, heading: str, markdown: Any, most: int, facts: tuple[list[str], list[dict[str, Any]], float]
) -> None:
    scenarios, supplies, total = facts
    where = f"section {heading!r}"
    text = check_text(findings, where, markdown, most)
    if text is None:
        return
    if text.titles(1) or text.titles(2):
        findings.add("wrong_heading", f"{where} has a heading of the first or second level", "use the third level")
    names = [name_of(scenario) for scenario in scenarios]
    if heading == "Supplies":
        check_table(findings, f"the table of {where}", text, supplies, total)
    elif text.tables():
        findings.add("wrong_table", f"{where} has a table", "write it in sentences or as a list")
    if heading == "What to do" and text.titles(3) != names:
        findings.add(
            "wrong_heading",
            f"the headings of {where} are {described(text.titles(3))}",
            f"write one of the third level for each emergency: {', '.join(names)}",
        )
    if heading == "Risks" and (missing := [name for name in names if name not in markdown]):
        findings.add("missing_risk", f"{where} does not name {', '.join(missing)}", "write of every emergency")
    if heading == "Budget" and f"{total:.2f}" not in markdown:
        findings.add("total_missing", f"{where} does not say {total:.2f}", "say what all supplies cost together")
