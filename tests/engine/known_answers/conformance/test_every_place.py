"""What every place of known answers has to do, wherever it has them from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.known_answers.conformance.places import PLACES, Factory
from tests.engine.known_answers.conformance.scene import ITEMS, PHASE, Scene

ANSWERS = {"a": {"square": 1}, "b": {"square": 4}, "c": {"square": 9}}
GARBAGE = [b"", b"{ not this", b"\xff\xfe", b'{"a": NaN}', b"[[]]", b'"a"', b'{"a": 1, "a": 2}', b'{"items": 3}']


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path.resolve() / "project")
    yield made
    made.database.close()


@pytest.fixture(params=list(PLACES))
def factory(request: pytest.FixtureRequest, scene: Scene) -> Factory:
    """Each place in turn."""
    return PLACES[request.param](scene)


@pytest.mark.parametrize("name", list(PLACES))
def test_it_is_called_in_events_as_it_is_here(name: str, scene: Scene) -> None:
    assert PLACES[name](scene).open().origin == name


def test_where_nothing_was_left_nothing_is_known(scene: Scene, factory: Factory) -> None:
    place = factory.open()
    assert scene.lookup(place) == []
    assert not place.pending(PHASE)


def test_what_was_left_is_given_to_the_batch_that_it_is_for(scene: Scene, factory: Factory) -> None:
    factory.leave(ANSWERS)
    place = factory.open()
    assert scene.values(place, 2) == {}
    assert scene.values(place) == ANSWERS


def test_what_is_known_in_part_is_given_in_part(scene: Scene, factory: Factory) -> None:
    factory.leave({"b": ANSWERS["b"]})
    assert scene.values(factory.open()) == {"b": ANSWERS["b"]}


def test_only_what_is_still_to_do_is_answered(scene: Scene, factory: Factory) -> None:
    factory.leave({**ANSWERS, "d": "of another batch", "z": "of none"})
    scene.keep({"a": "kept before"})
    place = factory.open()
    assert scene.values(place) == {"b": ANSWERS["b"], "c": ANSWERS["c"]}


def test_an_answer_is_for_the_content_that_its_item_had(scene: Scene, factory: Factory) -> None:
    if not factory.knows_content:
        pytest.skip("it has no content to compare: its answers are those that the items had last")
    factory.leave(ANSWERS)
    scene.change("b", {"n": 20})
    place = factory.open()
    assert scene.request(3).todo == ("b",)
    assert scene.values(place, 3) == {}
    assert scene.values(place) == {"a": ANSWERS["a"], "c": ANSWERS["c"]}


def test_an_answer_is_given_once(scene: Scene, factory: Factory) -> None:
    factory.leave(ANSWERS)
    place = factory.open()
    first = scene.lookup(place)
    assert first
    if all(answer.validated for answer in first):  # given until it is settled: the engine has it in memory alone
        assert scene.lookup(place) == first
        scene.settle(place, ANSWERS)
    assert scene.lookup(place) == []


def test_what_is_settled_is_forgotten_and_not_given_to_who_has_it_done_again(scene: Scene, factory: Factory) -> None:
    factory.leave(ANSWERS)
    place = factory.open()
    assert scene.values(place) == ANSWERS
    scene.settle(place, ANSWERS)
    scene.change("b", ITEMS["b"])
    assert scene.request(3).todo == ("b",)
    assert scene.values(place, 3) == {}
    assert not place.pending(PHASE)


def test_what_was_settled_without_it_is_forgotten(scene: Scene, factory: Factory) -> None:
    factory.leave(ANSWERS)
    place = factory.open()
    scene.settle(place, dict.fromkeys(ANSWERS, "by another way"))
    assert scene.values(place) == {}
    assert not place.pending(PHASE)


def test_a_sink_has_to_wait_only_for_what_was_in_it_before(scene: Scene, factory: Factory) -> None:
    factory.leave(ANSWERS)
    place = factory.open()
    assert place.pending(PHASE) is factory.restores
    assert not place.pending(PHASE + 1)
    scene.lookup(place)
    assert place.pending(PHASE) is factory.restores, "it is given, and not settled yet"
    scene.settle(place, ANSWERS)
    assert not place.pending(PHASE)


@pytest.mark.parametrize("garbage", GARBAGE)
def test_a_damaged_answer_is_left_out_and_the_others_are_given(scene: Scene, factory: Factory, garbage: bytes) -> None:
    factory.damage(garbage)
    factory.leave({"c": ANSWERS["c"]})
    assert scene.values(factory.open()) == {"c": ANSWERS["c"]}
