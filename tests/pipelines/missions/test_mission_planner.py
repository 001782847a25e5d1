"""The planner's answers keep all rules of the pipeline, whatever the form says."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from supervisor.project.job_input import violations
from tests.pipelines.missions.mission_parts import CONTENT, DEMO, PHASES, SCHEMA, answers, errors
from tests.support.property_examples import examples

_FORM = SCHEMA["properties"]["formData"]["properties"]
PLACES = [("Riverside", "California"), ("Duluth", "MN"), ("St. John's", "Puerto Rico"), ("Washington, D.C.", "D.C.")]


@st.composite
def forms(draw: st.DrawFn) -> dict[str, Any]:
    """Any form that the schema takes."""

    def some(name: str, least: int, most: int) -> list[str]:
        return draw(st.lists(st.sampled_from(_FORM[name]["items"]["enum"]), min_size=least, max_size=most, unique=True))

    def number(name: str) -> Any:
        number = draw(st.integers(_FORM[name]["minimum"], _FORM[name]["maximum"]))
        return draw(st.sampled_from([number, float(number)]))

    city, state = draw(st.sampled_from(PLACES))
    form = {
        "scenarios": some("scenarios", 1, 6),
        "location": {"city": city, "state": state},
        "familySize": number("familySize"),
        "durationDays": number("durationDays"),
        "pets": number("pets"),
        "medicalNeeds": some("medicalNeeds", 0, 4),
        "budget": draw(st.integers(0, 100_000) | st.integers(0, 3000)),
    }
    for name in ("pets", "medicalNeeds", "budget"):
        if draw(st.booleans()):
            del form[name]
    return form


@examples(40)
@given(form=forms())
def test_every_form_gets_a_report_that_keeps_the_rules(form: dict[str, Any]) -> None:
    assert not violations(SCHEMA, {"formData": form})
    made = answers(form)
    for phase, asked, answer in zip(PHASES, made, made[1:], strict=False):
        assert errors(phase["id"], asked, answer) == []


def test_the_longest_report_is_far_from_the_limit() -> None:
    form = {
        "scenarios": ["earthquake", "wildfire", "flood", "hurricane", "winter_storm", "tornado"],
        "location": {"city": "X" * 60, "state": "California"},
        "familySize": 20,
        "durationDays": 30,
        "pets": 10,
        "medicalNeeds": _FORM["medicalNeeds"]["items"]["enum"],
        "budget": 1,
    }
    assert len(answers(form)[-1]["markdown"]) < 16_000


def test_the_same_form_gets_the_same_report() -> None:
    assert answers(DEMO) == answers(DEMO)


def test_every_emergency_and_need_of_the_form_is_in_the_tables_and_every_supply_has_a_price() -> None:
    table = (CONTENT / "phase_2_plans.md").read_text(encoding="utf-8")
    prices = (CONTENT / "phase_3_sections.md").read_text(encoding="utf-8")
    supplies = re.findall(r"^\| ([a-z0-9_]+) \| [A-Z]", table, re.M)
    assert supplies == re.findall(r"^\| ([a-z0-9_]+) \| [\d.]+ \|$", prices, re.M)
    assert len(supplies) == len(set(supplies)) > 20
    for name in ("scenarios", "medicalNeeds"):
        for word in _FORM[name]["items"]["enum"]:
            assert re.search(rf"^\| .*[|,] {word}\b.* \|$", table, re.M), word
