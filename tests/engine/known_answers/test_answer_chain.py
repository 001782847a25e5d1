"""Places are asked in their order, each only where those before it left something to do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from supervisor.engine.known_answers.answer_chain import AnswerChain, AnswerLookup
from supervisor.engine.known_answers.known_answer import AnswerRequest, KnownAnswer
from supervisor.engine.known_answers.restored_answers import kept_answers
from supervisor.errors import StoreError
from supervisor.model.validation_report import ValidationError
from tests.engine.known_answers.conformance.places import Captured, Restored, Unrecorded
from tests.engine.known_answers.conformance.scene import PHASE, Scene

WRONG = ValidationError(type="missing_item", item_id="a", message="the output has nothing for a", suggestion="")


class Told:
    """A place that knows what it is told, and notes what it is asked."""

    origin: ClassVar[str] = "told"

    def __init__(self, *answers: KnownAnswer, pending: bool = False) -> None:
        self._answers = answers
        self._pending = pending
        self.asked: list[tuple[str, ...]] = []
        self.settled_ids: list[str] = []

    async def lookup(self, request: AnswerRequest) -> Sequence[KnownAnswer]:
        self.asked.append(request.todo)
        return self._answers

    def settled(self, phase: int, ids: Collection[str]) -> None:
        self.settled_ids += ids

    def pending(self, phase: int) -> bool:
        return self._pending


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path.resolve() / "project")


def ask(lookup: AnswerLookup, scene: Scene, *todo: str) -> KnownAnswer | None:
    """The next answer for what is still to do."""
    return asyncio.run(lookup.next(scene.request().model_copy(update={"todo": todo})))


def test_a_place_is_asked_when_what_those_before_it_knew_is_used_up(scene: Scene) -> None:
    first = Told(KnownAnswer(values={"a": 1}, attempt=1), KnownAnswer(values={"b": 2}, attempt=2))
    second = Told(KnownAnswer(values={"c": 3}, attempt=3))
    lookup = AnswerChain([first, Told(), second]).begin()
    assert (first.asked, second.asked) == ([], [])
    assert ask(lookup, scene, "a", "b", "c") == KnownAnswer(values={"a": 1}, attempt=1)
    assert ask(lookup, scene, "b", "c") == KnownAnswer(values={"b": 2}, attempt=2)
    assert second.asked == [] and not lookup.exhausted
    assert ask(lookup, scene, "c") == KnownAnswer(values={"c": 3}, attempt=3)
    assert (first.asked, second.asked) == ([("a", "b", "c")], [("c",)])
    assert lookup.exhausted
    assert ask(lookup, scene, "c") is None


def test_of_an_answer_only_what_is_still_to_do_is_given(scene: Scene) -> None:
    place = Told(KnownAnswer(values={"a": 1}), KnownAnswer(values={"a": 2, "c": 3, "z": 4}, validated=True))
    lookup = AnswerChain([place]).begin()
    assert ask(lookup, scene, "a", "c") == KnownAnswer(values={"a": 1})
    assert ask(lookup, scene, "c") == KnownAnswer(values={"c": 3}, validated=True)


def test_what_was_wrong_is_told_though_nothing_was_right(scene: Scene) -> None:
    lookup = AnswerChain([Told(KnownAnswer(values={}, errors=(WRONG,), attempt=1))]).begin()
    assert ask(lookup, scene, "a") == KnownAnswer(values={}, errors=(WRONG,), attempt=1)
    assert lookup.unused() == []


def test_attempts_that_were_not_needed_are_told_once(scene: Scene) -> None:
    place = Told(
        KnownAnswer(values={"a": 1}, attempt=1),
        KnownAnswer(values={"a": 2}, attempt=2),
        KnownAnswer(values={"b": 3}, attempt=3),
        KnownAnswer(values={"a": 4}, attempt=4),
        KnownAnswer(values={"a": 5}),
    )
    lookup = AnswerChain([place]).begin()
    assert ask(lookup, scene, "a", "b") == KnownAnswer(values={"a": 1}, attempt=1)
    assert ask(lookup, scene, "b") == KnownAnswer(values={"b": 3}, attempt=3)
    assert lookup.unused() == [2, 4]
    assert lookup.unused() == []


def test_every_place_hears_what_is_settled_and_one_that_knows_more_is_enough() -> None:
    quiet, full = Told(), Told(pending=True)
    chain = AnswerChain([quiet, full])
    chain.settled(PHASE, ["a", "b"])
    assert quiet.settled_ids == full.settled_ids == ["a", "b"]
    assert chain.pending(PHASE)
    assert not AnswerChain([quiet]).pending(PHASE)


def test_what_is_known_twice_is_taken_from_the_first_place_and_the_other_is_paid_for_all_the_same(
    scene: Scene,
) -> None:
    captured, unrecorded = Captured(scene), Unrecorded(scene)
    captured.leave({"a": "captured"})
    unrecorded.leave({"a": "unrecorded", "b": "unrecorded", "c": "unrecorded"})
    lookup = AnswerChain([captured.open(), unrecorded.open()]).begin()
    first = ask(lookup, scene, "a", "b", "c")
    assert first is not None and first.values == {"a": "captured"}
    second = ask(lookup, scene, "b", "c")
    assert second is not None and second.values == {"b": "unrecorded", "c": "unrecorded"}
    agents = [row["agent"] for row in scene.database.rows("SELECT agent FROM attempts ORDER BY id")]
    assert [first.attempt, second.attempt] == [1, 2] and agents == ["mine", "mine"]


@pytest.mark.parametrize("damaged", ['{"a": ', "[1]", "\x00"])
def test_answers_of_a_lost_store_that_cannot_be_read_are_not_passed_over(scene: Scene, damaged: str) -> None:
    restored = Restored(scene)
    restored.leave({"a": 1})
    (file,) = (scene.project.state / "answers").iterdir()
    assert json.loads(file.read_text()) == {"a": 1} and kept_answers(scene.project.state) == 1
    file.write_text(damaged)
    for look in (restored.open, lambda: kept_answers(scene.project.state)):
        with pytest.raises(StoreError) as caught:
            look()
        assert str(file) in caught.value.where and caught.value.remedy
