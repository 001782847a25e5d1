"""How phase 5 gets its LEGOs, and the words that its phrases may be made of."""

from __future__ import annotations

from typing import Any

import pytest

from supervisor import BatchInput

SEEDS: dict[str, Any] = {
    "S0001": [
        ["Quiero hablar.", "I want to speak."],
        [["S0001L01", "quiero", "I want"], ["S0001L02", "hablar", "to speak"]],
    ],
    "S0002": [
        ["Quiero comer.", "I want to eat."],
        [["S0002L01", "Quiero", "I want,"], ["S0002L02", "comer", "to eat"]],
    ],
    "S0003": [["Ahora.", "Now."], [["S0003L01", "ahora", "now"]]],
}


def batch(*lego_ids: str) -> BatchInput:
    items = {row[0]: row[1:] for _, legos in SEEDS.values() for row in legos if row[0] in lego_ids}
    return BatchInput(pipeline="course", target="spa_for_eng_20seeds", phase=5, batch=1, items=items)


def ids(entries: list[dict[str, str]]) -> list[str]:
    return [entry["id"] for entry in entries]


def test_a_seed_gives_its_legos_in_order(expand: Any) -> None:
    assert list(expand("S0001", SEEDS["S0001"])) == [
        ("S0001L01", ["quiero", "I want"]),
        ("S0001L02", ["hablar", "to speak"]),
    ]


@pytest.mark.parametrize("payload", [None, [], [["a", "b"]], [["a", "b"], [["S0001L01", "x"]]], [["a", "b"], 5]])
def test_a_seed_without_readable_legos_is_named(expand: Any, payload: Any) -> None:
    with pytest.raises(ValueError, match="S0001"):
        list(expand("S0001", payload))


def test_the_vocabulary_ends_with_the_batch_s_last_lego(vocabulary: Any) -> None:
    assert ids(vocabulary(batch("S0001L01"), {3: SEEDS})) == ["S0001L01"]
    assert ids(vocabulary(batch("S0001L01", "S0002L02"), {3: SEEDS})) == ["S0001L01", "S0001L02", "S0002L02"]


def test_an_entry_has_id_target_and_known(vocabulary: Any) -> None:
    assert vocabulary(batch("S0001L01"), {3: SEEDS}) == [{"id": "S0001L01", "target": "quiero", "known": "I want"}]


def test_a_known_text_stands_once_where_it_first_comes(vocabulary: Any) -> None:
    assert ids(vocabulary(batch("S0002L01"), {3: SEEDS})) == ["S0001L01", "S0001L02"]


def test_later_seeds_make_no_difference(vocabulary: Any) -> None:
    early = {3: {seed: SEEDS[seed] for seed in ("S0001", "S0002")}}
    assert vocabulary(batch("S0002L02"), early) == vocabulary(batch("S0002L02"), {3: SEEDS})


def test_what_of_the_batch_is_still_to_do_makes_no_difference_while_its_last_is(vocabulary: Any) -> None:
    whole, rest = batch("S0001L02", "S0002L01", "S0003L01"), batch("S0003L01")
    assert vocabulary(whole, {3: SEEDS}) == vocabulary(rest, {3: SEEDS})


def test_nothing_merged_is_no_vocabulary(vocabulary: Any) -> None:
    assert vocabulary(batch("S0001L01"), {}) == []
