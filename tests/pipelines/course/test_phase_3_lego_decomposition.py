"""What a decomposition into LEGOs must be to be merged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor import BatchInput, ValidationReport
from tests.support.property_examples import examples

SEED = ["¿Quieres hablar conmigo ahora?", "Do you want to speak with me now?"]
LEGOS = [["quieres", "do you want"], ["hablar", "to speak"], ["conmigo", "with me"], ["ahora", "now"]]


def batch(**seeds: Any) -> BatchInput:
    return BatchInput(pipeline="course", target="spa_for_eng_20seeds", phase=3, batch=1, items=seeds)


def row(seed_id: str, pair: Any, legos: list[list[str]]) -> list[Any]:
    return [seed_id, pair, [[f"{seed_id}L{n:02d}", *lego] for n, lego in enumerate(legos, start=1)]]


def judged(judge: Any, pair: Any, legos: list[list[str]]) -> set[str]:
    report: ValidationReport = judge(batch(S0001=pair), [row("S0001", pair, legos)], {})
    assert all(error.item_id == "S0001" and error.message and error.suggestion for error in report.errors)
    return {error.type for error in report.errors}


def merged(**seeds: list[list[str]]) -> dict[int, dict[str, Any]]:
    return {3: {seed_id: row(seed_id, ["", ""], legos)[1:] for seed_id, legos in seeds.items()}}


def test_a_tiling_passes_case_and_punctuation_aside(judge_decomposition: Any) -> None:
    assert judged(judge_decomposition, SEED, LEGOS) == set()
    assert judged(judge_decomposition, SEED, [["¿Quieres", "Do you want"], *LEGOS[1:3], ["ahora?", "now?"]]) == set()


def test_the_example_in_the_instructions_passes(judge_decomposition: Any, worked_example: Any) -> None:
    example = worked_example("phase_3_lego_decomposition")
    assert judge_decomposition(batch(**{seed_id: pair for seed_id, pair, _ in example}), example, {}).valid


def test_a_sentence_may_be_one_lego(judge_decomposition: Any) -> None:
    assert judged(judge_decomposition, ["Lo siento.", "I'm sorry."], [["lo siento", "I'm sorry"]]) == set()


def test_apostrophes_inside_words_count_and_their_form_does_not(judge_decomposition: Any) -> None:
    pair = ["Vorrei un po' d’acqua.", "I'd like some water."]
    assert judged(judge_decomposition, pair, [["vorrei", "I’d like"], ["un po' d'acqua", "some water"]]) == set()
    assert judged(judge_decomposition, ["Solo un po'.", "Only a bit."], [["solo un po", "only a bit"]]) == set()
    split = [["vorrei", "I'd like"], ["un po' d'", "some"], ["acqua", "water"]]
    assert judged(judge_decomposition, pair, split) == {"tiling_target"}
    assert judged(judge_decomposition, pair, [["vorrei", "id like"], ["un po' d'acqua", "some water"]]) == {
        "tiling_known"
    }


def test_languages_without_spaces_are_cut_between_characters(judge_decomposition: Any) -> None:
    pair = ["我想和你说话。", "I want to speak with you."]
    assert judged(judge_decomposition, pair, [["我想", "I want"], ["和你说话", "to speak with you"]]) == set()
    assert judged(judge_decomposition, pair, [["我要", "I want"], ["和你说话", "to speak with you"]]) == {
        "tiling_target"
    }


@pytest.mark.parametrize(
    ("legos", "faults"),
    [
        (LEGOS[:3], {"tiling_target", "tiling_known"}),
        ([*LEGOS, ["hoy", "today"]], {"tiling_target", "tiling_known"}),
        ([*LEGOS[:3], ["ahora", "right now"]], {"tiling_known"}),
        ([LEGOS[0], ["hablo", "to speak"], *LEGOS[2:]], {"tiling_target"}),
        ([LEGOS[1], LEGOS[0], *LEGOS[2:]], {"tiling_target", "tiling_known"}),
        ([], {"no_legos"}),
        ([*LEGOS, ["?", "?"]], {"empty_text"}),
        ([*LEGOS, ["", ""]], {"empty_text"}),
        ([["quieres ", "do you want"], *LEGOS[1:]], {"padded_text"}),
        ([["quieres", "do  you want"], *LEGOS[1:]], {"doubled_space"}),
        ([["quieres", "(do) you want"], *LEGOS[1:]], {"leftover_markup"}),
        ([["quieres", "do you\u200b want"], *LEGOS[1:]], {"control_character"}),
    ],
)
def test_legos_that_are_not_the_sentence_fail(judge_decomposition: Any, legos: Any, faults: set[str]) -> None:
    assert judged(judge_decomposition, SEED, legos) == faults


def test_words_in_another_order_are_told_to_be_joined(judge_decomposition: Any) -> None:
    pair = ["una casa pequeña", "a small house"]
    legos = [["una", "a"], ["pequeña", "small"], ["casa", "house"]]
    report = judge_decomposition(batch(S0001=pair), [row("S0001", pair, legos)], {})
    assert [error.type for error in report.errors] == ["tiling_target"]
    assert "join" in report.errors[0].suggestion


@pytest.mark.parametrize("pair", [[SEED[0], SEED[1] + " "], ["¿Quieres hablar?", SEED[1]], [SEED[1], SEED[0]]])
def test_the_pair_is_copied_character_for_character(judge_decomposition: Any, types: Any, pair: list[str]) -> None:
    report = judge_decomposition(batch(S0001=SEED), [row("S0001", pair, LEGOS)], {})
    assert types(report) == {("S0001", "pair_changed")}


@pytest.mark.parametrize(
    "ids",
    [
        ["S0001L02", "S0001L03", "S0001L04", "S0001L05"],
        ["S0001L01", "S0001L03", "S0001L04", "S0001L05"],
        ["S0001L01", "S0001L02", "S0001L02", "S0001L03"],
        ["S0001L1", "S0001L2", "S0001L3", "S0001L4"],
        ["S0002L01", "S0002L02", "S0002L03", "S0002L04"],
        ["L01", "L02", "L03", "L04"],
    ],
)
def test_lego_ids_are_the_seed_s_and_consecutive(judge_decomposition: Any, types: Any, ids: list[str]) -> None:
    legos = [[lego_id, *lego] for lego_id, lego in zip(ids, LEGOS, strict=True)]
    report = judge_decomposition(batch(S0001=SEED), [["S0001", SEED, legos]], {})
    assert types(report) == {("S0001", "lego_id")}


@pytest.mark.parametrize(
    "bad",
    [
        {"id": "S0001", "pair": SEED},
        ["S0001"],
        ["S0001", SEED, None],
        ["S0001", SEED, [["S0001L01", *SEED], "x"]],
        ["S0001", SEED[0], [["S0001L01", *SEED]]],
        ["S0001", SEED, [["S0001L01", SEED[0]]]],
        ["S0001", SEED, [["S0001L01", SEED[0], 7]]],
    ],
)
def test_a_row_of_another_shape_is_named(judge_decomposition: Any, types: Any, bad: Any) -> None:
    assert types(judge_decomposition(batch(S0001=SEED), [bad], {})) == {("S0001", "wrong_shape")}


FOR_YOU = ["Esto es para ti.", "This is for you."], [["esto es", "this is"], ["para", "for"], ["ti", "you"]]
FOR_ME = ["Hazlo por mí.", "Do it for me."], [["hazlo", "do it"], ["por", "for"], ["mí", "me"]]


def test_in_a_batch_the_later_seed_is_at_fault_for_an_ambiguity(judge_decomposition: Any, types: Any) -> None:
    seeds = batch(S0001=FOR_YOU[0], S0002=FOR_ME[0])
    rows = [row("S0001", *FOR_YOU), row("S0002", *FOR_ME)]
    assert types(judge_decomposition(seeds, rows, {})) == {("S0002", "determinism")}
    assert types(judge_decomposition(seeds, rows[::-1], {})) == {("S0002", "determinism")}


def test_an_ambiguity_within_one_seed_is_found(judge_decomposition: Any) -> None:
    pair = ["Para ti y por mí.", "For you and for me."]
    legos = [["para", "for"], ["ti y", "you and"], ["por", "FOR,"], ["mí", "me"]]
    assert judged(judge_decomposition, pair, legos) == {"determinism"}


def test_a_contradiction_of_what_is_merged_names_the_merged_lego(judge_decomposition: Any) -> None:
    before = merged(S0001=FOR_YOU[1])
    report = judge_decomposition(batch(S0030=FOR_ME[0]), [row("S0030", *FOR_ME)], before)
    (error,) = report.errors
    assert (error.item_id, error.type) == ("S0030", "determinism")
    assert all(part in error.message for part in ("S0001L02", "S0001", '"para"', '"por"', '"for"'))
    assert '"for me" = "por mí"' in error.suggestion


def test_an_enlarged_lego_settles_a_contradiction(judge_decomposition: Any) -> None:
    legos = [["hazlo", "do it"], ["por mí", "for me"]]
    before = merged(S0001=FOR_YOU[1])
    assert judge_decomposition(batch(S0030=FOR_ME[0]), [row("S0030", FOR_ME[0], legos)], before).valid


def test_known_texts_are_the_same_case_and_punctuation_aside(judge_decomposition: Any, types: Any) -> None:
    before = merged(S0001=[["ora", "Now,"]])
    pair = ["Adesso parlo.", "Now I speak."]
    report = judge_decomposition(
        batch(S0002=pair), [row("S0002", pair, [["adesso", "now"], ["parlo", "I speak"]])], before
    )
    assert types(report) == {("S0002", "determinism")}
    assert judge_decomposition(
        batch(S0002=pair),
        [row("S0002", pair, [["adesso", "now"], ["parlo", "I speak"]])],
        merged(S0001=[["Adesso.", "Now,"]]),
    ).valid


def test_several_known_texts_may_share_a_target_text(judge_decomposition: Any) -> None:
    pair = ["¿Qué quieres?", "What do you want?"]
    before = merged(S0001=[["qué quieres", "what you want"]])
    legos = [["qué quieres", "what do you want"]]
    assert judge_decomposition(batch(S0002=pair), [row("S0002", pair, legos)], before).valid


def test_earlier_results_of_the_same_seeds_do_not_bind(judge_decomposition: Any) -> None:
    before = merged(S0030=[["hazlo", "do it"], ["para", "for"]])
    assert judge_decomposition(batch(S0030=FOR_ME[0]), [row("S0030", *FOR_ME)], before).valid


def test_a_seed_that_fails_binds_no_other(judge_decomposition: Any, types: Any) -> None:
    seeds = batch(S0001=FOR_YOU[0], S0002=FOR_ME[0])
    rows = [row("S0001", FOR_YOU[0], FOR_YOU[1][:2]), row("S0002", *FOR_ME)]
    assert {item_id for item_id, _ in types(judge_decomposition(seeds, rows, {}))} == {"S0001"}


def test_what_a_hand_edit_left_unusable_in_the_merged_is_passed_over(judge_decomposition: Any) -> None:
    before = {3: {"S0001": None, "S0002": [[], 5], "S0003": [["a", "b"], [["S0003L01", "x"], 4]]}}
    assert judge_decomposition(batch(S0030=FOR_ME[0]), [row("S0030", *FOR_ME)], before).valid


WORD = st.text(
    st.characters(categories=["Ll", "Lu"], max_codepoint=0x24F, exclude_characters="ı"), min_size=1, max_size=6
)
TILES = st.lists(
    st.tuples(st.lists(WORD, min_size=1, max_size=3), st.lists(WORD, min_size=1, max_size=3)), min_size=1, max_size=9
)


def sentence(side: list[list[str]]) -> str:
    return " ".join(word for part in side for word in part).capitalize() + "."


@examples(40)
@given(tiles=TILES)
def test_every_tiling_of_a_sentence_passes(judge_decomposition: Any, text_rules: Any, tiles: Any) -> None:
    legos = [[" ".join(target), " ".join([*known, f"n{n}"])] for n, (target, known) in enumerate(tiles)]
    targets, knowns = [t.split() for t, _ in legos], [k.split() for _, k in legos]
    pair = [text_rules.unicodedata.normalize("NFC", sentence(side)) for side in (targets, knowns)]
    legos = [[text_rules.unicodedata.normalize("NFC", text) for text in lego] for lego in legos]
    report = judge_decomposition(batch(S0001=pair), [row("S0001", pair, legos)], {})
    assert {error.type for error in report.errors} <= {"leftover_note"}


@examples(40)
@given(data=st.data(), tiles=TILES)
def test_a_changed_word_in_a_lego_fails(judge_decomposition: Any, data: st.DataObject, tiles: Any) -> None:
    legos = [[" ".join(target), " ".join(known)] for target, known in tiles]
    pair = [sentence([target for target, _ in tiles]), sentence([known for _, known in tiles])]
    place, side = data.draw(st.integers(0, len(legos) - 1)), data.draw(st.integers(0, 1))
    legos[place][side] = legos[place][side] + data.draw(st.sampled_from(["x", " x", "1", "'s"]))
    report = judge_decomposition(batch(S0001=pair), [row("S0001", pair, legos)], {})
    assert ("tiling_target", "tiling_known")[side] in {error.type for error in report.errors}


@examples(80)
@given(data=st.data())
def test_whatever_an_agent_writes_is_judged(judge_decomposition: Any, any_json: Any, data: st.DataObject) -> None:
    legos = st.lists(any_json | st.tuples(any_json, any_json, any_json).map(list), max_size=3)
    rows = [["S0001", data.draw(any_json | st.just(SEED)), data.draw(any_json | legos)], data.draw(any_json)]
    before = {3: {"S0009": data.draw(any_json)}}
    report = judge_decomposition(batch(S0001=SEED), rows, before)
    assert report.failed_ids(["S0001"]) == ("S0001",)
    assert isinstance(judge_decomposition(batch(S0001=SEED), data.draw(any_json), before), ValidationReport)
