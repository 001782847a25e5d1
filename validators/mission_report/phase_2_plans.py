"""Judges the plans: what was assessed is kept, actions are there, and supplies have the quantities of the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mission_findings import Findings, described
from mission_rules import needed

from supervisor import BatchInput, ValidationReport

KEPT = ("scenario", "likelihood", "impact", "reason")
MOMENTS = ("before", "during", "after")


def validate(batch: BatchInput, output: Mapping[str, Any], merged: Mapping[int, Any]) -> ValidationReport:
    """The errors of all households."""
    return ValidationReport(
        errors=[error for item_id, given in batch.items.items() for error in _errors(item_id, given, output[item_id])]
    )


def _errors(item_id: str, given: Mapping[str, Any], answer: Any) -> list[Any]:
    findings = Findings(item_id)
    if not findings.members("the answer", answer, "household", "plans"):
        return findings.errors
    findings.copied("household", answer["household"], given["household"])
    if not findings.array("plans", answer["plans"]):
        return findings.errors
    for number, plan in enumerate(answer["plans"], 1):
        if not findings.members(f"entry {number} of plans", plan, *KEPT, *MOMENTS, "supplies"):
            return findings.errors
    expected = [each["scenario"] for each in given["scenarios"]]
    if not findings.same_order("plans", [plan["scenario"] for plan in answer["plans"]], expected):
        return findings.errors
    for assessed, plan in zip(given["scenarios"], answer["plans"], strict=True):
        for name in KEPT:
            findings.copied(f"{name} of {plan['scenario']}", plan[name], assessed[name])
        for moment in MOMENTS:
            where = f"{moment} of {plan['scenario']}"
            findings.texts(where, plan[moment], counts=(3, 7), lengths=(10, 240))
        _check_supplies(findings, plan, given["household"])
    return findings.errors


def _check_supplies(findings: Findings, plan: Mapping[str, Any], household: Mapping[str, Any]) -> None:
    where = f"supplies of {plan['scenario']}"
    if not findings.array(where, plan["supplies"]):
        return
    for number, line in enumerate(plan["supplies"], 1):
        if not findings.members(f"entry {number} of {where}", line, "id", "item", "quantity", "unit"):
            return
    expected = {line["id"]: line for line in needed(plan["scenario"], household)}
    given = {line["id"]: line for line in plan["supplies"] if isinstance(line["id"], str)}
    for supply_id in [name for name in given if name not in expected]:
        findings.add(
            "needless_supply",
            f"{where} holds {supply_id!r}, which the table does not ask for here",
            "keep to the lines of the table for this emergency and this household",
        )
    for supply_id, line in expected.items():
        if supply_id not in given:
            findings.add("missing_supply", f"{where} does not hold {supply_id!r}", f"add {described(line)}")
        elif given[supply_id] != line or type(given[supply_id]["quantity"]) is not int:
            findings.add(
                "wrong_quantity",
                f"{where} holds {described(given[supply_id])}",
                f"write {described(line)}: the amount times what it is counted per",
            )
    if not findings.errors and [line["id"] for line in plan["supplies"]] != list(expected):
        findings.add(
            "wrong_order",
            f"{where} are {described([line['id'] for line in plan['supplies']])}",
            f"write each once, in the order of the table: {', '.join(expected)}",
        )
