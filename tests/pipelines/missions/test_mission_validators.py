"""Each rule of the documents is kept by a validator: an answer that breaks it is refused by name."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.pipelines.missions.mission_parts import DEMO, PHASES, answers, errors

GOOD = answers(DEMO)
Spoil = Callable[[Any], object]


def put(*path: Any, to: Any) -> Spoil:
    """Replace one value."""

    def spoil(answer: Any) -> None:
        for step in path[:-1]:
            answer = answer[step]
        answer[path[-1]] = to

    return spoil


def drop(*path: Any) -> Spoil:
    """Take one value away."""

    def spoil(answer: Any) -> None:
        for step in path[:-1]:
            answer = answer[step]
        del answer[path[-1]]

    return spoil


def text(*path: Any, old: str, new: str) -> Spoil:
    """Replace words within a text, which has to have them."""

    def spoil(answer: Any) -> None:
        for step in path[:-1]:
            answer = answer[step]
        assert old in answer[path[-1]]
        answer[path[-1]] = answer[path[-1]].replace(old, new)

    return spoil


def report(old: str, new: str) -> Spoil:
    return text("markdown", old=old, new=new)


def section(number: int, old: str, new: str) -> Spoil:
    return text("sections", number, "markdown", old=old, new=new)


def swap(*path: Any) -> Spoil:
    """Exchange the first two entries of an array."""

    def spoil(answer: Any) -> None:
        for step in path:
            answer = answer[step]
        answer[0], answer[1] = answer[1], answer[0]

    return spoil


def first_task_only(answer: Any) -> None:
    answer["markdown"] = answer["markdown"].partition("\n- [ ] Store 84")[0] + "\n"


def one_more_supply(answer: Any) -> None:
    shovel = {"id": "snow_shovel", "item": "Snow shovel and a bag of grit", "quantity": 1, "unit": "set"}
    answer["plans"][0]["supplies"].append(shovel)


RISKS, PLAN, SUPPLIES, BUDGET = 1, 2, 3, 4
CONCERN = GOOD[1]["scenarios"][0]["concerns"][1]
ASSESSED, PLANNED = ("scenarios", 0), ("plans", 0)
WATER = "| Drinking water | 112 | litre | 56.00 |\n"
RULES: list[tuple[int, str, str, Spoil]] = [
    (1, "a member is missing", "wrong_shape", drop("household")),
    (1, "scenarios are no array", "wrong_shape", put("scenarios", to={})),
    (1, "an entry has another member", "wrong_shape", put("scenarios", 1, "score", to=3)),
    (1, "the household is another", "changed_part", put("household", "familySize", to=5)),
    (1, "an emergency is left out", "wrong_scenarios", drop("scenarios", 2)),
    (1, "emergencies in another order", "wrong_scenarios", swap("scenarios")),
    (1, "an unknown likelihood", "unknown_word", put(*ASSESSED, "likelihood", to="certain")),
    (1, "an impact that is no word", "unknown_word", put(*ASSESSED, "impact", to=["severe"])),
    (1, "a short reason", "wrong_length", put(*ASSESSED, "reason", to="Riverside is in California.")),
    (1, "a reason that is no text", "wrong_shape", put(*ASSESSED, "reason", to=7)),
    (1, "a reason without the place", "place_missing", put(*ASSESSED, "reason", to="It happens there. " * 4 + "Yes.")),
    (1, "Markdown in a reason", "markup", text(*ASSESSED, "reason", old="Riverside", new="**Riverside**")),
    (1, "HTML in a concern", "markup", put(*ASSESSED, "concerns", 0, to="Gas lines <br> that break")),
    (1, "two lines in a concern", "not_one_line", put(*ASSESSED, "concerns", 0, to="Gas lines\nthat break")),
    (1, "an invisible character", "not_one_line", put(*ASSESSED, "concerns", 0, to="Gas lines\u200b that break")),
    (1, "an address in a concern", "address", put(*ASSESSED, "concerns", 0, to="See https://example.org for more")),
    (1, "two concerns only", "wrong_count", put(*ASSESSED, "concerns", to=["Broken gas lines", "Closed roads"])),
    (1, "a concern said twice", "doubled_text", put(*ASSESSED, "concerns", 0, to=CONCERN)),
    (2, "a plan without a member", "wrong_shape", drop(*PLANNED, "during")),
    (2, "another household", "changed_part", put("household", "location", "city", to="Fresno")),
    (2, "another likelihood than was assessed", "changed_part", put(*PLANNED, "likelihood", to="low")),
    (2, "a plan for another emergency", "wrong_scenarios", put(*PLANNED, "scenario", to="flood")),
    (2, "two actions only", "wrong_count", put(*PLANNED, "after", to=["Check the gas.", "Call the family."])),
    (2, "eight actions", "wrong_count", put(*PLANNED, "after", to=[f"Do the task {n} now." for n in range(8)])),
    (2, "a long action", "wrong_length", put(*PLANNED, "after", 0, to="Walk on. " * 30)),
    (2, "a wrong quantity", "wrong_quantity", put(*PLANNED, "supplies", 0, "quantity", to=111)),
    (2, "a quantity that is no number", "wrong_quantity", put(*PLANNED, "supplies", 3, "quantity", to=True)),
    (2, "another unit", "wrong_quantity", put(*PLANNED, "supplies", 0, "unit", to="gallon")),
    (2, "a supply is left out", "missing_supply", drop(*PLANNED, "supplies", 0)),
    (2, "a supply of another emergency", "needless_supply", one_more_supply),
    (2, "supplies in another order", "wrong_order", swap(*PLANNED, "supplies")),
    (3, "another household", "changed_part", put("household", "budget", to=None)),
    (3, "another emergency", "wrong_scenarios", put("scenarios", 0, to="flood")),
    (3, "a wrong cost", "wrong_supply", put("supplies", 0, "cost", to=57.0)),
    (3, "a supply is left out", "wrong_supply", drop("supplies", 17)),
    (3, "a supply twice", "wrong_supply", lambda answer: answer["supplies"].append(answer["supplies"][0])),
    (3, "a wrong total", "wrong_total", put("total", to=944.0)),
    (3, "more than the budget pays for", "wrong_budget", lambda answer: answer["buyFirst"].append("blankets")),
    (3, "a section is left out", "wrong_sections", drop("sections", BUDGET)),
    (3, "sections in another order", "wrong_sections", swap("sections")),
    (3, "an empty section", "empty_text", put("sections", 0, "markdown", to=" \n")),
    (3, "a long section", "too_long", put("sections", 0, "markdown", to="word " * 1601)),
    (3, "a heading of the second level", "wrong_heading", section(0, "- **Home", "## Home\n\n- **Home")),
    (3, "a plan without its heading", "wrong_heading", section(PLAN, "### Wildfire", "**Wildfire**")),
    (3, "a risk is left out", "missing_risk", section(RISKS, "**Wildfire**", "**Fire**")),
    (3, "a wrong quantity", "wrong_quantity", section(SUPPLIES, "| 112 |", "| 113 |")),
    (3, "a row is left out", "missing_supply", section(SUPPLIES, WATER, "")),
    (3, "a row twice", "wrong_table", section(SUPPLIES, WATER, WATER * 2)),
    (3, "other columns", "wrong_table", section(SUPPLIES, "Cost (USD)", "Price")),
    (3, "no table", "wrong_table", section(SUPPLIES, "|---|---:|---|---:|\n", "")),
    (3, "a second table", "wrong_table", section(RISKS, "- **Earth", "| a |\n|---|\n| b |\n\n- **Earth")),
    (3, "no total", "total_missing", section(BUDGET, "943.00", "943")),
    (3, "raw HTML", "refused_markup", section(RISKS, "Riverside", "<b>Riverside</b>")),
    (3, "a link", "refused_markup", section(RISKS, "Riverside", "[Riverside](https://example.org)")),
    (3, "an image", "refused_markup", section(RISKS, "- **Earth", "![map](map.png)\n\n- **Earth")),
    (3, "a control character", "control_character", section(RISKS, "Riverside", "River\x07side")),
    (4, "a member more", "wrong_shape", put("html", to="")),
    (4, "no text", "empty_text", put("markdown", to=None)),
    (4, "another title in the text", "wrong_title", put("title", to="Plan for the people of Riverside")),
    (4, "a title twice", "wrong_title", report("## Summary", "# Again\n\n## Summary")),
    (4, "words before the title", "wrong_title", report("# Emergency", "Hello.\n\n# Emergency")),
    (4, "a section is left out", "wrong_sections", report("## Budget", "**Budget**")),
    (4, "a section more", "wrong_sections", report("## Budget", "## More\n\nText.\n\n## Budget")),
    (4, "a section in a code block", "wrong_sections", report("## Budget", "```\n## Budget\n```")),
    (4, "a long report", "too_long", report("## Checklist", f"{'word ' * 4000}\n\n## Checklist")),
    (4, "a long summary", "too_long", report("## Your household", f"{'word ' * 200}\n\n## Your household")),
    (4, "a summary without the days", "fact_missing", report("7 days", "a week")),
    (4, "emergencies in another order", "wrong_heading", report("### Wildfire", "### Flood")),
    (4, "a wrong quantity", "wrong_quantity", report("| 84 | meal |", "| 48 | meal |")),
    (4, "a wrong cost", "wrong_quantity", report("| 84 | meal | 210.00 |", "| 84 | meal | 21.00 |")),
    (4, "a wrong total", "wrong_quantity", report("| Total | | | 943.00 |", "| Total | | | 934.00 |")),
    (4, "a table elsewhere", "wrong_table", report("## Checklist\n\n", "## Checklist\n\n| a |\n|---|\n| b |\n\n")),
    (4, "no total in the budget", "total_missing", report("about 943.00 dollars", "a lot")),
    (4, "a checklist of one task", "wrong_checklist", first_task_only),
    (4, "raw HTML", "refused_markup", report("## Risks\n\n", "## Risks\n\n<details>\n\n")),
    (4, "an address as a link", "refused_markup", report("## Risks\n\n", "## Risks\n\n<https://example.org>\n\n")),
]


@pytest.mark.parametrize(("number", "kind", "spoil"), [(n, k, s) for n, _, k, s in RULES], ids=[
    f"{n}-{name}" for n, name, _, _ in RULES
])  # fmt: skip
def test_an_answer_that_breaks_one_rule_is_refused_by_its_name(number: int, kind: str, spoil: Spoil) -> None:
    answer = copy.deepcopy(GOOD[number])
    spoil(answer)
    found = errors(number, GOOD[number - 1], answer)
    assert {error.type for error in found} == {kind}, [error.message for error in found]
    assert {error.item_id for error in found} == {"formData"}
    assert all(error.message and error.suggestion for error in found)


def test_an_empty_section_is_refused() -> None:
    answer = copy.deepcopy(GOOD[4])
    before, _, after = answer["markdown"].partition("## Staying in touch")
    answer["markdown"] = f"{before}## Staying in touch\n\n## Checklist{after.partition('## Checklist')[2]}"
    assert {error.type for error in errors(4, GOOD[3], answer)} == {"empty_section"}


def test_a_title_that_does_not_name_the_city_is_refused() -> None:
    answer = copy.deepcopy(GOOD[4])
    title = answer["title"]
    answer = {"title": "Emergency plan", "markdown": answer["markdown"].replace(f"# {title}", "# Emergency plan", 1)}
    assert {error.type for error in errors(4, GOOD[3], answer)} == {"place_missing"}


@pytest.mark.parametrize("answer", [None, [], "text", 7, {}, {"formData": {}}])
def test_an_answer_of_another_shape_is_refused_in_every_phase(answer: Any) -> None:
    for phase in PHASES:
        found = errors(phase["id"], GOOD[phase["id"] - 1], answer)
        assert [error.type for error in found] == ["wrong_shape"]
