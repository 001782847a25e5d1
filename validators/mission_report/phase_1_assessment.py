"""Judges an assessment: the household as the form says it, and every emergency of the form assessed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mission_findings import Findings
from mission_rules import household_of

from supervisor import BatchInput, ValidationReport

LIKELIHOODS = ("low", "moderate", "high")
IMPACTS = ("minor", "serious", "severe")


def validate(batch: BatchInput, output: Mapping[str, Any], merged: Mapping[int, Any]) -> ValidationReport:
    """The errors of all households."""
    return ValidationReport(
        errors=[error for item_id, form in batch.items.items() for error in _errors(item_id, form, output[item_id])]
    )


def _errors(item_id: str, form: Mapping[str, Any], answer: Any) -> list[Any]:
    findings = Findings(item_id)
    if not findings.members("the answer", answer, "household", "scenarios"):
        return findings.errors
    findings.copied("household", answer["household"], household_of(form))
    if not findings.array("scenarios", answer["scenarios"]):
        return findings.errors
    for number, entry in enumerate(answer["scenarios"], 1):
        if not findings.members(
            f"entry {number} of scenarios", entry, "scenario", "likelihood", "impact", "reason", "concerns"
        ):
            return findings.errors
    if not findings.same_order("scenarios", [each["scenario"] for each in answer["scenarios"]], form["scenarios"]):
        return findings.errors
    for entry in answer["scenarios"]:
        _check_entry(findings, entry, form["location"])
    return findings.errors


def _check_entry(findings: Findings, entry: Mapping[str, Any], location: Mapping[str, str]) -> None:
    name = entry["scenario"]
    findings.one_of(f"likelihood of {name}", entry["likelihood"], *LIKELIHOODS)
    findings.one_of(f"impact of {name}", entry["impact"], *IMPACTS)
    findings.text(f"reason of {name}", entry["reason"], (40, 400))
    places = [location["city"], location["state"]]
    if isinstance(entry["reason"], str) and not any(place in entry["reason"] for place in places):
        findings.add(
            "place_missing",
            f"reason of {name} names neither {places[0]} nor {places[1]}",
            "say why it is so at this place, and name it as the form does",
        )
    findings.texts(f"concerns of {name}", entry["concerns"], counts=(3, 5), lengths=(10, 200))
