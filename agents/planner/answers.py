"""The four tasks of the planner: each makes the answer to one item, from it and from what the prompt asks for."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import report_text
from hazards import HAZARDS, LEVELS, NEEDS, Hazard
from prompt_reading import CannotWork, sections, table
from states import state_code

Household = dict[str, Any]
IMPACTS = ("minor", "serious", "severe")


def assessment(form: dict[str, Any], prompt: str) -> dict[str, Any]:
    """From a form to the household and its assessed emergencies."""
    household = {
        "location": form["location"],
        "familySize": form["familySize"],
        "durationDays": form["durationDays"],
        "pets": form.get("pets", 0),
        "medicalNeeds": form.get("medicalNeeds", []),
        "budget": form.get("budget"),
    }
    return {"household": household, "scenarios": [_assessed(name, household) for name in form["scenarios"]]}


def plans(item: dict[str, Any], prompt: str) -> dict[str, Any]:
    """From assessed emergencies to a plan for each."""
    household = item["household"]
    lines = table(prompt, "Supplies")
    made = [_plan(assessed, household, lines) for assessed in item["scenarios"]]
    made[0]["before"] += _for_everything(household)
    return {"household": household, "plans": made}


def written_sections(item: dict[str, Any], prompt: str) -> dict[str, Any]:
    """From plans to supplies with their costs, and the sections of the report."""
    household, all_plans = item["household"], item["plans"]
    by_id = {line["id"]: line for plan in all_plans for line in plan["supplies"]}
    supplies = [
        {**by_id[row["id"]], "cost": by_id[row["id"]]["quantity"] * float(row["price"])}
        for row in table(prompt, "Prices")
        if row["id"] in by_id
    ]
    total = sum(line["cost"] for line in supplies)
    first = _paid_for(supplies, household["budget"])
    writers: dict[str, Callable[[], str]] = {
        "Your household": lambda: report_text.household(household),
        "Risks": lambda: report_text.risks(all_plans),
        "What to do": lambda: report_text.actions(all_plans),
        "Supplies": lambda: report_text.supplies(household, supplies, total),
        "Budget": lambda: report_text.budget(household, supplies, total, first),
        "Staying in touch": lambda: report_text.contact(household),
    }
    return {
        "household": household,
        "scenarios": [plan["scenario"] for plan in all_plans],
        "supplies": supplies,
        "total": total,
        "buyFirst": first,
        "sections": [{"heading": name, "markdown": _written(name, writers)} for name in sections(prompt)],
    }


def report(item: dict[str, Any], prompt: str) -> dict[str, Any]:
    """From sections to the whole report."""
    title = report_text.title(item["household"])
    texts = {section["heading"]: section["markdown"] for section in item["sections"]}
    writers: dict[str, Callable[[], str]] = {name: functools.partial(str, text) for name, text in texts.items()}
    writers["Summary"] = lambda: report_text.summary(item)
    writers["Checklist"] = lambda: report_text.checklist(item)
    body = [f"## {name}\n\n{_written(name, writers)}" for name in sections(prompt)]
    return {"title": title, "markdown": "\n\n".join([f"# {title}", *body]) + "\n"}


TASKS: dict[str, Callable[[dict[str, Any], str], dict[str, Any]]] = {
    "assessment": assessment,
    "plans": plans,
    "sections": written_sections,
    "report": report,
}
"""By the name of the phase."""


def _hazard(name: str) -> Hazard:
    if name not in HAZARDS:
        raise CannotWork(f"nothing is known of the emergency {name!r}; known are {', '.join(HAZARDS)}")
    return HAZARDS[name]


def _assessed(name: str, household: Household) -> dict[str, Any]:
    hazard = _hazard(name)
    city, state = household["location"]["city"], household["location"]["state"]
    likelihood = hazard.likelihood(state_code(state))
    # Who depends on medicine or a device is hit harder by everything.
    impact = IMPACTS[min(len(IMPACTS) - 1, IMPACTS.index(hazard.impact) + bool(household["medicalNeeds"]))]
    concerns = list(hazard.concerns)
    if household["pets"]:
        concerns.append("Pets that hide, run away or are not let into shelters")
    return {
        "scenario": name,
        "likelihood": likelihood,
        "impact": impact,
        "reason": hazard.reasons[LEVELS.index(likelihood)].format(place=city),
        "concerns": concerns[:5],
    }


def _plan(assessed: dict[str, Any], household: Household, lines: list[dict[str, str]]) -> dict[str, Any]:
    hazard = _hazard(assessed["scenario"])
    before, during, after = list(hazard.before), list(hazard.during), list(hazard.after)
    if household["pets"]:
        during.append("Take the pets with you or into the same room.")
    kept = {name: assessed[name] for name in ("scenario", "likelihood", "impact", "reason")}
    supplies = _supplies(assessed["scenario"], household, lines)
    return {**kept, "before": before, "during": during, "after": after, "supplies": supplies}


def _for_everything(household: Household) -> list[str]:
    """What this household has to do once, whatever happens; three tasks at most."""
    days = report_text.count(household["durationDays"], "day")
    tasks = [NEEDS[need][1].format(days=days) for need in household["medicalNeeds"]]
    if household["pets"]:
        tasks.insert(2, "Keep a carrier or a leash for each pet beside the door.")
    return tasks[:3]


def _supplies(scenario: str, household: Household, lines: list[dict[str, str]]) -> list[dict[str, Any]]:
    people, days, pets = (int(household[name]) for name in ("familySize", "durationDays", "pets"))
    times = {
        "person and day": people * days,
        "person": people,
        "pet and day": pets * days,
        "day": days,
        "household": 1,
    }
    wanted = {"everyone", scenario, *household["medicalNeeds"]}
    found: list[dict[str, Any]] = []
    for line in lines:
        if line["counted per"] not in times:
            raise CannotWork(f"{line['id']} is counted per {line['counted per']!r}, which is not known here")
        quantity = int(line["amount"]) * times[line["counted per"]]
        if quantity and wanted & {each.strip() for each in line["needed for"].split(",")}:
            found.append({"id": line["id"], "item": line["item"], "quantity": quantity, "unit": line["unit"]})
    return found


def _paid_for(supplies: list[dict[str, Any]], budget: float | None) -> list[str]:
    ids: list[str] = []
    spent = 0.0
    for line in supplies:
        spent += line["cost"]
        if budget is not None and spent > budget:
            break
        ids.append(line["id"])
    return ids


def _written(name: str, writers: dict[str, Callable[[], str]]) -> str:
    if name not in writers:
        raise CannotWork(f"no text can be written for the section {name!r}; it writes {', '.join(writers)}")
    return writers[name]()
