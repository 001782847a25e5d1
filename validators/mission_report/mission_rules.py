"""What the pipeline's documents ask for, read from the documents themselves, so that they and the validators agree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

DOCUMENTS = Path(__file__).resolve().parents[2] / "phase_intelligence" / "mission_report"
PLANS, SECTIONS, REPORT = "phase_2_plans.md", "phase_3_sections.md", "phase_4_report.md"
_SECTION = re.compile(r"\d+\. \*\*(.+?)\*\*")


class Supply(NamedTuple):
    """A line of the table of supplies."""

    id: str
    item: str
    unit: str
    amount: int
    per: str
    needed_for: frozenset[str]

    def quantity(self, household: Mapping[str, Any]) -> int:
        """Units for a household."""
        people, days, pets = int(household["familySize"]), int(household["durationDays"]), int(household["pets"])
        times = {
            "person and day": people * days,
            "person": people,
            "pet and day": pets * days,
            "day": days,
            "household": 1,
        }
        return self.amount * times[self.per]


@lru_cache
def supplies() -> tuple[Supply, ...]:
    """The table of supplies, in its order."""
    return tuple(
        Supply(
            id=row["id"],
            item=row["item"],
            unit=row["unit"],
            amount=int(row["amount"]),
            per=row["counted per"],
            needed_for=frozenset(each.strip() for each in row["needed for"].split(",")),
        )
        for row in _table(PLANS, "Supplies")
    )


@lru_cache
def prices() -> dict[str, Decimal]:
    """US dollars for a unit, by the supply's id."""
    return {row["id"]: Decimal(row["price"]) for row in _table(SECTIONS, "Prices")}


@lru_cache
def headings(document: str) -> tuple[str, ...]:
    """The sections that a document asks for, in order."""
    return tuple(match[1] for line in _under(document, "Sections") if (match := _SECTION.match(line)))


def needed(scenario: str, household: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The supplies of a plan, as the answer is to hold them."""
    wanted = {"everyone", scenario, *household["medicalNeeds"]}
    return [
        {"id": line.id, "item": line.item, "quantity": quantity, "unit": line.unit}
        for line in supplies()
        if line.needed_for & wanted and (quantity := line.quantity(household))
    ]


def gathered(plans: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The supplies of all plans, each once, in the order of the prices, with what they cost."""
    by_id = {line["id"]: line for plan in plans for line in plan["supplies"]}
    return [
        {**by_id[supply_id], "cost": float(by_id[supply_id]["quantity"] * price)}
        for supply_id, price in prices().items()
        if supply_id in by_id
    ]


def affordable(lines: list[Mapping[str, Any]], budget: float | None) -> list[str]:
    """The ids of the first supplies that a budget pays for, before the first that it does not."""
    ids: list[str] = []
    left = Decimal("Infinity") if budget is None else Decimal(str(budget))
    for line in lines:
        left -= Decimal(str(line["cost"]))
        if left < 0:
            break
        ids.append(line["id"])
    return ids


def household_of(form: Mapping[str, Any]) -> dict[str, Any]:
    """What a form says of the household, with what it may leave out."""
    return {
        "location": form["location"],
        "familySize": form["familySize"],
        "durationDays": form["durationDays"],
        "pets": form.get("pets", 0),
        "medicalNeeds": form.get("medicalNeeds", []),
        "budget": form.get("budget"),
    }


def name_of(scenario: str) -> str:
    """An emergency's name as the report writes it."""
    return scenario.replace("_", " ").capitalize()


def _under(document: str, heading: str) -> list[str]:
    """The lines below a heading of the second level."""
    text = (DOCUMENTS / document).read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError(f'{document} has no section "{heading}"')
    return found[1].splitlines()


def _table(document: str, heading: str) -> list[dict[str, str]]:
    """The first table below a heading: its rows by the names of its columns."""
    rows: list[list[str]] = []
    for line in _under(document, heading):
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows:
            break
    names, _, *entries = rows
    return [dict(zip(names, row, strict=True)) for row in entries]
