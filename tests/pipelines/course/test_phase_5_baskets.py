"""What a basket of practice phrases must be to be merged."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor import BatchInput, ValidationReport
from tests.support.property_examples import examples

LEGOS = {
    "S0001L01": ["quiero", "I want"],
    "S0001L02": ["hablar", "to speak"],
    "S0001L03": ["contigo", "with you"],
    "S0001L04": ["ahora", "now"],
    "S0002L01": ["lo", "it"],
    "S0002L02": ["no entiendo", "I don't understand"],
    "S0003L01": ["pero", "but"],
}
MERGED = {
    3: {
        seed: [["", ""], [[lego_id, *pair] for lego_id, pair in LEGOS.items() if lego_id.startswith(seed)]]
        for seed in ("S0001", "S0002", "S0003")
    }
}
NOW = [
    ["ahora", "now"],
    ["hablar ahora", "to speak now"],
    ["quiero hablar ahora", "I want to speak now"],
    ["ahora quiero hablar contigo", "now I want to speak with you"],
]


def batch(items: dict[str, Any] | None = None, context: Any = None, min_phrases: int = 3) -> BatchInput:
    given, options = LEGOS if items is None else items, {"min_phrases": min_phrases}
    named: dict[str, Any] = {"pipeline": "course", "target": "spa_for_eng", "phase": 5, "batch": 1}
    return BatchInput(**named, items=given, context=context, settings=options)


def basket(lego_id: str, phrases: Any) -> dict[str, Any]:
    return {lego_id: {"lego": LEGOS[lego_id], "phrases": phrases}}


def judged(judge: Any, lego_id: str, phrases: Any, min_phrases: int = 3) -> set[str]:
    report: ValidationReport = judge(batch(min_phrases=min_phrases), basket(lego_id, phrases), MERGED)
    assert all(error.item_id == lego_id and error.message and error.suggestion for error in report.errors)
    return {error.type for error in report.errors}


def test_a_good_basket_passes_case_and_punctuation_aside(judge_baskets: Any) -> None:
    assert judged(judge_baskets, "S0001L04", NOW) == set()
    marked = [
        ["¡Ahora!", "Now!"],
        ["Hablar, ahora.", "to speak – now"],
        ["Quiero hablar ahora.", "I want to speak now."],
    ]
    assert judged(judge_baskets, "S0001L04", marked) == set()


def test_the_example_in_the_instructions_passes(judge_baskets: Any, worked_example: Any) -> None:
    assert judge_baskets(batch(), worked_example("phase_5_baskets"), MERGED).valid


def test_the_lego_is_copied_character_for_character(judge_baskets: Any, types: Any) -> None:
    output = {"S0001L04": {"lego": ["Ahora", "now"], "phrases": NOW}}
    assert types(judge_baskets(batch(), output, MERGED)) == {("S0001L04", "lego_changed")}


@pytest.mark.parametrize(
    "value",
    [
        NOW,
        {"phrases": NOW},
        {"lego": LEGOS["S0001L04"], "phrases": NOW, "note": ""},
        {"lego": LEGOS["S0001L04"], "phrases": {}},
        {"lego": "ahora", "phrases": NOW},
        {"lego": LEGOS["S0001L04"], "phrases": [*NOW, ["ahora"]]},
        {"lego": LEGOS["S0001L04"], "phrases": [*NOW, "ahora"]},
    ],
)
def test_a_basket_of_another_shape_is_named(judge_baskets: Any, types: Any, value: Any) -> None:
    assert types(judge_baskets(batch(), {"S0001L04": value}, MERGED)) == {("S0001L04", "wrong_shape")}


def test_three_phrases_are_needed(judge_baskets: Any) -> None:
    assert judged(judge_baskets, "S0001L04", NOW[:2]) == {"too_few_phrases"}
    assert judged(judge_baskets, "S0001L04", NOW[:3]) == set()
    assert judged(judge_baskets, "S0001L04", NOW[:3], min_phrases=4) == {"too_few_phrases"}


def test_the_first_legos_need_no_more_phrases_than_there_are_legos(judge_baskets: Any) -> None:
    assert judged(judge_baskets, "S0001L01", [["quiero", "I want"]]) == set()
    assert judged(judge_baskets, "S0001L01", []) == {"too_few_phrases"}
    two = [["hablar", "to speak"], ["quiero hablar", "I want to speak"]]
    assert judged(judge_baskets, "S0001L02", two) == set()
    assert judged(judge_baskets, "S0001L02", two[:1]) == {"too_few_phrases"}


def test_a_repeated_lego_does_not_count_as_another_one(judge_baskets: Any) -> None:
    repeated = {3: {"S0001": [["", ""], [["S0001L01", "quiero", "I want"], ["S0001L02", "Quiero", "I want,"]]]}}
    items = {"S0001L02": ["Quiero", "I want,"]}
    output = {"S0001L02": {"lego": ["Quiero", "I want,"], "phrases": [["quiero", "I want"]]}}
    assert judge_baskets(batch(items), output, repeated).valid


@pytest.mark.parametrize(
    ("phrase", "faults"),
    [
        (["quiero hablar", "I want to speak"], {"lego_missing"}),
        (["ahora contigo", "with you"], {"lego_missing", "sides_differ"}),
        (["quiero volar ahora", "I want to fly now"], {"unknown_lego"}),
        (["hablar contigo ahora", "I want to fly now"], {"unknown_lego"}),
        (["no entiendo ahora", "I don't understand now"], {"unknown_lego"}),
        (["quiero ahora", "want now"], {"unknown_lego"}),
        (["hablar contigo ahora", "I want with you now"], {"sides_differ"}),
        (["ahora ahora hablar", "now to speak to speak"], {"sides_differ"}),
        (["AHORA", "¡Now!"], {"doubled_phrase"}),
        (["", ""], {"empty_text"}),
        (["quiero ahora ", "I want now"], {"padded_text"}),
        (["quiero\nahora", "I want now"], {"control_character"}),
        (["quiero ahora", "*I want* now"], {"leftover_markup"}),
        (["quiero (hablar) ahora", "I want to speak now"], {"leftover_markup", "doubled_phrase"}),
        ([" ".join(["ahora"] * 101), "now"], {"long_phrase", "doubled_phrase"}),
    ],
)
def test_a_phrase_that_breaks_a_rule_is_named(judge_baskets: Any, phrase: list[str], faults: set[str]) -> None:
    assert judged(judge_baskets, "S0001L04", [*NOW, phrase]) == faults


def test_the_same_text_on_one_side_is_a_double(judge_baskets: Any) -> None:
    merged = {3: {"S0001": [["", ""], [["S0001L01", "ora", "now"], ["S0001L02", "ora", "at once"]]]}}
    output = {
        "S0001L02": {"lego": ["ora", "at once"], "phrases": [["ora ora", "now at once"], ["ora ora", "at once now"]]}
    }
    report = judge_baskets(batch({"S0001L02": ["ora", "at once"]}), output, merged)
    assert [error.type for error in report.errors] == ["doubled_phrase"]
    assert "phrases 1 and 2" in report.errors[0].message


def test_a_lego_that_comes_later_is_named_with_its_place(judge_baskets: Any) -> None:
    report = judge_baskets(batch(), basket("S0001L04", [*NOW, ["ahora pero", "now but"]]), MERGED)
    for error, text in zip(report.errors, ("pero", "but"), strict=True):
        assert f'"{text}" comes only with S0003L01' in error.message


def test_the_legos_may_stand_in_another_order_on_the_other_side(judge_baskets: Any) -> None:
    phrases = [
        ["lo quiero", "I want it"],
        ["lo quiero ahora", "I want it now"],
        ["ahora lo quiero", "I want it now, now"],
    ]
    assert judged(judge_baskets, "S0002L01", phrases[:2], min_phrases=2) == set()
    assert judged(judge_baskets, "S0002L01", phrases, min_phrases=2) == {"sides_differ"}


def test_a_known_side_that_can_be_cut_in_two_ways_needs_one_that_fits(judge_baskets: Any) -> None:
    rows = [["S0001L01", "a", "x"], ["S0001L02", "b", "y"], ["S0001L03", "c", "x y"], ["S0001L04", "d", "z"]]
    merged = {3: {"S0001": [["", ""], rows]}}
    for target, valid in (("a b d", True), ("c d", True), ("d b a", True), ("a c d", False), ("a d", False)):
        output = {"S0001L04": {"lego": ["d", "z"], "phrases": [[target, "x y z"]]}}
        assert judge_baskets(batch({"S0001L04": ["d", "z"]}, min_phrases=1), output, merged).valid is valid


def test_without_the_item_among_the_merged_the_context_is_the_vocabulary(judge_baskets: Any) -> None:
    context = [{"id": lego_id, "target": target, "known": known} for lego_id, (target, known) in LEGOS.items()]
    items = {"S0001L04": LEGOS["S0001L04"]}
    assert judge_baskets(batch(items, context), basket("S0001L04", NOW), {}).valid
    late = basket("S0001L04", [*NOW, ["pero ahora", "but now"]])
    assert {e.type for e in judge_baskets(batch(items, context), late, {}).errors} == {"unknown_lego"}


def test_a_repeated_lego_missing_from_the_context_stands_before_the_next_of_its_batch(judge_baskets: Any) -> None:
    context = [{"id": lego_id, "target": target, "known": known} for lego_id, (target, known) in LEGOS.items()]
    items = {"S0002L02": LEGOS["S0002L02"], "S0002L03": ["ahora", "now"], "S0003L01": LEGOS["S0003L01"]}
    good = [*NOW, ["ahora no entiendo", "now I don't understand"]]
    for phrases, valid in ((good, True), ([*good, ["pero ahora", "but now"]], False)):
        output = {"S0002L03": {"lego": ["ahora", "now"], "phrases": phrases}}
        assert judge_baskets(batch(items, context), output, {}).valid is valid


def test_languages_without_spaces_are_judged_by_character(judge_baskets: Any) -> None:
    merged = {3: {"S0001": [["", ""], [["S0001L01", "我想", "I want"], ["S0001L02", "说话", "to speak"]]]}}
    for target, valid in (("我想说话", True), ("我想说", False)):
        output = {
            "S0001L02": {"lego": ["说话", "to speak"], "phrases": [["说话", "to speak"], [target, "I want to speak"]]}
        }
        assert judge_baskets(batch({"S0001L02": ["说话", "to speak"]}), output, merged).valid is valid


def big_course() -> tuple[dict[str, Any], dict[int, dict[str, Any]]]:
    rows = [
        [f"S{n // 3 + 1:04d}L{n % 3 + 1:02d}", f"t{n} t{n // 2} t{n // 7}", f"k{n} k{n // 3}" if n % 2 else f"k{n}"]
        for n in range(900)
    ]
    seeds: dict[str, Any] = {}
    for entry in rows:
        seeds.setdefault(entry[0][:5], [["", ""], []])[1].append(entry)
    return {entry[0]: entry[1:] for entry in rows}, {3: seeds}


def in_steps(most: int, judged: Callable[[], ValidationReport]) -> ValidationReport:
    """The verdict; the test fails as soon as more steps went into it, which are the lines of Python that ran."""
    left = most

    def step(_frame: FrameType, _event: str, _argument: Any) -> Any:
        nonlocal left
        left -= 1
        assert left, f"no verdict after {most} steps"
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        return judged()
    finally:
        sys.settrace(before)


def test_a_full_batch_late_in_the_course_is_judged_in_a_few_million_steps(judge_baskets: Any) -> None:
    legos, merged = big_course()
    pairs = list(legos.values())
    last = dict(list(legos.items())[-60:])
    output = {}
    for at, (lego_id, pair) in enumerate(last.items(), start=840):
        parts = [[pair, *(pairs[(at * 7 + n * 11 * size) % at] for n in range(2 * size))] for size in range(1, 6)]
        phrases = [[" ".join(p[0] for p in part[::-1]), " ".join(p[1] for p in part)] for part in parts]
        output[lego_id] = {"lego": pair, "phrases": phrases}
    assert in_steps(5_000_000, lambda: judge_baskets(batch(last), output, merged)).valid


def test_a_phrase_made_to_be_hard_is_given_up_soon(judge_baskets: Any) -> None:
    rows = [[f"S0001L{n:02d}", " ".join("a" * n), " ".join("x" * n)] for n in range(1, 9)]
    items = {"S0001L08": rows[-1][1:]}
    output = {"S0001L08": {"lego": rows[-1][1:], "phrases": [[" ".join("a" * 40), " ".join("x" * 41)]] * 5}}
    report = in_steps(20_000_000, lambda: judge_baskets(batch(items), output, {3: {"S0001": [["", ""], rows]}}))
    assert "sides_differ" in {error.type for error in report.errors}


@examples(40)
@given(data=st.data())
def test_whatever_is_made_of_introduced_legos_passes_in_any_order(judge_baskets: Any, data: st.DataObject) -> None:
    item = data.draw(st.sampled_from(list(LEGOS)))
    earlier = [LEGOS[lego_id] for lego_id in LEGOS if lego_id <= item]
    parts = [LEGOS[item], *data.draw(st.lists(st.sampled_from(earlier), max_size=8))]
    known, target = data.draw(st.permutations(parts)), data.draw(st.permutations(parts))
    phrase = [" ".join(part[0] for part in target), " ".join(part[1] for part in known)]
    assert judged(judge_baskets, item, [phrase], min_phrases=1) == set()
    assert "unknown_lego" in judged(judge_baskets, item, [[phrase[0] + " x", phrase[1]]], min_phrases=1)


@examples(80)
@given(data=st.data())
def test_whatever_an_agent_writes_is_judged(judge_baskets: Any, any_json: Any, data: st.DataObject) -> None:
    phrases = st.lists(any_json | st.tuples(any_json, any_json).map(list), max_size=4)
    value = data.draw(any_json | st.fixed_dictionaries({"lego": any_json, "phrases": any_json | phrases}))
    merged = {3: {"S0009": data.draw(any_json)}}
    report = judge_baskets(batch(context=data.draw(any_json)), {"S0001L04": value}, merged)
    assert report.failed_ids(LEGOS) == ("S0001L04",)
    assert isinstance(judge_baskets(batch(), data.draw(any_json), merged), ValidationReport)
