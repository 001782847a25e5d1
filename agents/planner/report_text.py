"""Writes the texts of the report in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hazards import LEVELS, NEEDS

_MOMENTS = ("before", "during", "after")
_IMPACTS = ("minor", "serious", "severe")


def name_of(scenario: str) -> str:
    """An emergency's name as the report writes it."""
    return scenario.replace("_", " ").capitalize()


def count(number: float, noun: str) -> str:
    """`1 day`, `2 days`, `3 people`."""
    number = int(number)
    plural = {"person": "people"}.get(noun, f"{noun}s")
    return f"{number} {noun if number == 1 else plural}"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def title(facts: dict[str, Any]) -> str:
    """The report's title."""
    return f"Emergency plan for a household in {facts['location']['city']}"


def summary(item: dict[str, Any]) -> str:
    """What the report is for, and what matters most."""
    facts = item["household"]
    place, people, days = facts["location"], count(facts["familySize"], "person"), count(facts["durationDays"], "day")
    names = listed([name_of(name).lower() for name in item["scenarios"]])
    water = next((line for line in item["supplies"] if line["id"] == "water"), None)
    first = name_of(item["scenarios"][0]).lower()
    points = [f"**Do first what costs nothing.** The lists *Before* take an afternoon each; begin with {first}."]
    if water is not None:
        points.insert(0, f"**Store water.** {water['quantity']} litres keep everybody going for {days}.")
    points.append("**Agree on where you meet.** Whatever happens, everybody should know the place and the contact.")
    return (
        f"This plan prepares {people} in {place['city']}, {place['state']}, to manage for {days} without help. It "
        f"covers {names}. Three things matter most:\n\n"
        + "\n".join(f"{number}. {point}" for number, point in enumerate(points, 1))
    )


def household(facts: dict[str, Any]) -> str:
    """Who is prepared for what."""
    lines = [
        f"- **Home:** {facts['location']['city']}, {facts['location']['state']}",
        f"- **People:** {int(facts['familySize'])}",
        f"- **Time without help:** {count(facts['durationDays'], 'day')}",
        f"- **Pets:** {int(facts['pets']) or 'none'}",
    ]
    if facts["medicalNeeds"]:
        lines.append(f"- **To think of:** {listed([NEEDS[need][0] for need in facts['medicalNeeds']])}")
    return "\n".join(lines)


def risks(plans: list[dict[str, Any]]) -> str:
    """Every emergency with how likely and how hard it is, the most pressing first named."""
    worst = max(plans, key=lambda plan: (LEVELS.index(plan["likelihood"]), _IMPACTS.index(plan["impact"])))
    lines = [
        f"- **{name_of(plan['scenario'])}** (likelihood {plan['likelihood']}, impact {plan['impact']}): "
        f"{plan['reason']}"
        for plan in plans
    ]
    advice = f"If you have time for one of them only, prepare for this first: {name_of(worst['scenario']).lower()}."
    return "\n".join(lines) + (f"\n\n{advice}" if len(plans) > 1 else "")


def actions(plans: list[dict[str, Any]]) -> str:
    """What to do before, during and after each emergency."""
    parts = []
    for plan in plans:
        parts.append(f"### {name_of(plan['scenario'])}")
        for moment in _MOMENTS:
            parts.append(f"*{moment.capitalize()}*")
            parts.append("\n".join(f"{number}. {text}" for number, text in enumerate(plan[moment], 1)))
    return "\n\n".join(parts)


def supplies(facts: dict[str, Any], lines: list[dict[str, Any]], total: float) -> str:
    """The table of supplies."""
    people, days = count(facts["familySize"], "person"), count(facts["durationDays"], "day")
    rows = ["| Supply | Quantity | Unit | Cost (USD) |", "|---|---:|---|---:|"]
    rows += [f"| {line['item']} | {line['quantity']} | {line['unit']} | {line['cost']:.2f} |" for line in lines]
    rows.append(f"| Total | | | {total:.2f} |")
    return (
        f"The quantities are for {people} and {days}. The same stock serves whatever happens. Count what you have at "
        "home already, and buy the rest.\n\n" + "\n".join(rows)
    )


def budget(facts: dict[str, Any], lines: list[dict[str, Any]], total: float, first: list[str]) -> str:
    """What it costs, and what to buy first."""
    everything = f"All supplies together cost about {total:.2f} dollars."
    if facts["budget"] is None:
        month = f"{total / 6:.2f}"
        return f"{everything} Over six months that is about {month} dollars a month; begin at the top of the table."
    limit = int(facts["budget"])
    if total <= limit:
        return f"{everything} Your budget of {limit} dollars pays for all of them."
    items = {line["id"]: line["item"] for line in lines}
    paid = [items[supply_id] for supply_id in first]
    later = [line["item"] for line in lines if line["id"] not in first]
    text = f"{everything} That is {total - limit:.2f} dollars more than your budget of {limit}."
    if paid:
        text += "\n\nBuy these first, in this order; the budget pays for them:\n\n"
        text += "\n".join(f"{number}. {item}" for number, item in enumerate(paid, 1))
    return text + f"\n\nAdd the others as soon as you can: {listed([_lower(item) for item in later])}."


def contact(facts: dict[str, Any]) -> str:
    """How the household finds each other."""
    lines = [
        "- Choose a person outside of your state whom everybody calls or writes to; local lines are often overloaded.",
        f"- Choose two places to meet: one beside your home, one outside of your part of {facts['location']['city']}.",
        "- Send short messages instead of calling, and keep the telephones' batteries for that.",
        "- Listen to the radio for what the authorities say. Call 911 only where a life is in danger.",
    ]
    if int(facts["familySize"]) == 1:
        lines.append("- Give a neighbour a key, and tell each other when you leave.")
    if facts["medicalNeeds"]:
        lines.append("- Give a neighbour and your contact a list of what is needed medically, and where it is kept.")
    return "\n".join(lines)


def checklist(item: dict[str, Any]) -> str:
    """Tasks for the next weeks, the most important first."""
    facts = item["household"]
    amounts = {line["id"]: line for line in item["supplies"]}
    tasks = [
        f"Store {line['quantity']} {text}"
        for supply_id, text in (("water", "litres of drinking water"), ("food", "meals that need no cooking"))
        if (line := amounts.get(supply_id))
    ]
    if facts["medicalNeeds"]:
        tasks.append(f"Provide for {count(facts['durationDays'], 'day')}, because {NEEDS[facts['medicalNeeds'][0]][0]}")
    tasks += [f"Do the list *Before* of: {name_of(name).lower()}" for name in item["scenarios"]]
    tasks += ["Choose the contact and the two places to meet", "Put copies of your documents into a waterproof pouch"]
    if facts["pets"]:
        tasks.append("Pack carrier, food and papers of your pets")
    tasks.append("Practise once with everybody, and look through the supplies every six months")
    return "\n".join(f"- [ ] {task}" for task in tasks[:12])


def _lower(item: str) -> str:
    """An item within a sentence; names and abbreviations keep their capitals."""
    return item[:1].lower() + item[1:] if item[1:2].islower() else item
