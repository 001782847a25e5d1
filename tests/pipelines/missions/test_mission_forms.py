"""The schema of the form: what it takes, and where it says that something is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from supervisor.project.job_input import violations
from tests.pipelines.missions.mission_parts import DEMO, SCHEMA

SIX = ["earthquake", "wildfire", "flood", "hurricane", "tornado", "heat_wave"]
LEFT_OUT = object()
CITY, STATE = ("location", "city"), ("location", "state")
BAD: list[tuple[tuple[str, ...], Any]] = [
    (("scenarios",), LEFT_OUT),
    (("scenarios",), []),
    (("scenarios",), [*SIX, "power_outage"]),
    (("scenarios",), ["flood", "flood"]),
    (("scenarios",), "flood"),
    (("scenarios", "0"), ["zombies"]),
    (("location",), LEFT_OUT),
    (("location",), "Riverside"),
    (CITY, LEFT_OUT),
    (CITY, ""),
    (CITY, "x" * 61),
    (CITY, "River\nside"),
    (CITY, "Riverside\n"),
    (CITY, "Riverside\x00"),
    (CITY, "Riverside "),
    (CITY, "River  side"),
    (CITY, "<b>Riverside</b>"),
    (CITY, "**Riverside**"),
    (CITY, 7),
    (STATE, LEFT_OUT),
    (STATE, "C"),
    (STATE, "x" * 41),
    (STATE, "California\n"),
    (STATE, "CA|NV"),
    (("location", "country"), "USA"),
    (("familySize",), LEFT_OUT),
    (("familySize",), 0),
    (("familySize",), 21),
    (("familySize",), 2.5),
    (("familySize",), "2"),
    (("familySize",), True),
    (("familySize",), None),
    (("durationDays",), LEFT_OUT),
    (("durationDays",), 0),
    (("durationDays",), 31),
    (("pets",), -1),
    (("pets",), 11),
    (("medicalNeeds",), ["powered_device", "powered_device"]),
    (("medicalNeeds", "0"), ["coffee"]),
    (("budget",), -1),
    (("budget",), 100_001),
    (("budget",), 99.5),
    (("name",), "somebody"),
]


def changed(place: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The demo's form with one value changed; a list's entry stands for the list."""
    form: dict[str, Any] = {**DEMO, "location": dict(DEMO["location"])}
    *above, name = [part for part in place if not part.isdecimal()]
    within = form[above[0]] if above else form
    if value is LEFT_OUT:
        del within[name]
    else:
        within[name] = value
    return {"formData": form}


@pytest.mark.parametrize(("place", "value"), BAD, ids=[f"{'.'.join(p)}={str(v)[:12]!r}" for p, v in BAD])
def test_what_is_wrong_is_named_by_its_place(place: tuple[str, ...], value: Any) -> None:
    found = violations(SCHEMA, changed(place, value))
    assert {each.pointer for each in found} == {"/" + "/".join(("formData", *place))}


@pytest.mark.parametrize("value", [None, [], "form", {}, {"formData": None}, {"formData": DEMO, "more": 1}])
def test_what_is_no_form_is_refused(value: Any) -> None:
    assert violations(SCHEMA, value)


@pytest.mark.parametrize(
    ("city", "state"),
    [
        ("St. John's", "N. Dakota"),
        ("Winston-Salem", "North Carolina"),
        ("Washington, D.C.", "D.C."),
        ("Cañon City", "CO"),
        ("O'Fallon", "Missouri"),
        ("29 Palms", "California"),
    ],
)
def test_places_are_taken_as_they_are_written(city: str, state: str) -> None:
    form = {**DEMO, "location": {"city": city, "state": state}}
    assert not violations(SCHEMA, {"formData": form})


def test_the_examples_and_the_least_form_are_taken() -> None:
    least = {name: DEMO[name] for name in ("scenarios", "location", "familySize", "durationDays")}
    for form in (*SCHEMA["examples"], {"formData": DEMO}, {"formData": least}):
        assert not violations(SCHEMA, form)


def test_all_at_once_are_named() -> None:
    form = {"formData": {**DEMO, "familySize": 0, "pets": -1, "size": 3}}
    assert [each.pointer for each in violations(SCHEMA, form)] == [
        "/formData/familySize",
        "/formData/pets",
        "/formData/size",
    ]
