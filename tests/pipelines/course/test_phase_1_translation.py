"""What a translation must be to be merged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor import BatchInput, ValidationReport
from tests.support.property_examples import examples

SEEDS = {"S0001": "I want to speak with you now.", "S0019": "Do you want to practise with me?", "S0003": "Wait!"}
GOOD = {
    "S0001": ["Quiero hablar contigo ahora.", "I want to speak with you now."],
    "S0019": ["¿Quieres practicar conmigo?", "Do you want to practise with me?"],
    "S0003": ["¡Espera!", "Wait!"],
}


def batch(language: str = "spa", seeds: dict[str, str] | None = None, **settings: float) -> BatchInput:
    return BatchInput(
        pipeline="course",
        target=f"{language}_for_eng_20seeds",
        phase=1,
        batch=1,
        items=SEEDS if seeds is None else seeds,
        settings=settings,
        target_parts={"target": language, "known": "eng"},
    )


def judged(judge: Any, seed: str, target: str, language: str = "spa", **settings: float) -> set[str]:
    report: ValidationReport = judge(batch(language, {"S0001": seed}, **settings), {"S0001": [target, seed]}, {})
    assert all(error.item_id == "S0001" and error.message and error.suggestion for error in report.errors)
    return {error.type for error in report.errors}


def test_good_translations_pass(judge_translation: Any) -> None:
    assert judge_translation(batch(), GOOD, {}).valid


def test_the_example_in_the_instructions_passes(judge_translation: Any, worked_example: Any) -> None:
    example = worked_example("phase_1_translation")
    assert judge_translation(
        batch(seeds={seed_id: known for seed_id, (_, known) in example.items()}), example, {}
    ).valid


def test_only_the_items_that_are_there_are_judged(judge_translation: Any) -> None:
    assert judge_translation(batch(), {"S0003": GOOD["S0003"]}, {}).valid


def test_only_the_faulty_item_fails(judge_translation: Any, types: Any) -> None:
    report = judge_translation(batch(), GOOD | {"S0003": ["Espera!", "Wait!"]}, {})
    assert types(report) == {("S0003", "inverted_marks")}


@pytest.mark.parametrize("value", ["Espera.", ["¡Espera!"], ["¡Espera!", "Wait!", ""], [1, "Wait!"], {"a": "b"}, None])
def test_a_value_that_is_not_two_texts_is_named(judge_translation: Any, types: Any, value: Any) -> None:
    assert types(judge_translation(batch(), {"S0003": value}, {})) == {("S0003", "wrong_shape")}


@pytest.mark.parametrize("known", ["wait!", "Wait! ", "Wait", "W\u0430it!", "Esperar"])
def test_the_known_side_is_copied_character_for_character(judge_translation: Any, types: Any, known: str) -> None:
    assert types(judge_translation(batch(), {"S0003": ["¡Espera!", known]}, {})) == {("S0003", "known_changed")}


def test_a_changed_known_side_is_told_apart_by_its_first_difference(judge_translation: Any) -> None:
    report = judge_translation(batch(seeds={"S0001": "I’m here."}), {"S0001": ["Estoy aquí.", "I'm here."]}, {})
    assert "character 2" in report.errors[0].message
    assert "U+2019" in report.errors[0].message


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("", "empty_text"),
        ("  ", "empty_text"),
        (" Espero aquí.", "padded_text"),
        ("Espero aquí.\u00a0", "padded_text"),
        ("Espero  aquí.", "doubled_space"),
        ("Espero aqui\u0301.", "not_nfc"),
        ("Espero\taquí.", "control_character"),
        ("Espero\u200baquí.", "control_character"),
        ("Espero aqu\ud800.", "control_character"),
    ],
)
def test_texts_are_clean(judge_translation: Any, target: str, fault: str) -> None:
    assert fault in judged(judge_translation, "I'm waiting here.", target)


def test_joiners_that_a_script_needs_are_no_control_characters(judge_translation: Any) -> None:
    assert judged(judge_translation, "I want to speak.", "می\u200cخواهم صحبت کنم.", "fas") == set()


def test_the_target_differs_from_the_known_text(judge_translation: Any) -> None:
    assert judged(judge_translation, "I want to speak.", "I want to speak.") == {"untranslated"}
    assert judged(judge_translation, "I want to speak.", "i want, to speak.") == {"untranslated"}


@pytest.mark.parametrize(
    ("seed", "target", "language"),
    [
        ("Do you want to speak?", "¿Quieres hablar?", "spa"),
        ("If you want, can we speak?", "Si quieres, ¿podemos hablar?", "spa"),
        ("Do you want to speak?", "Vuoi parlare?", "ita"),
        ("Do you want to speak?", "話したいですか？", "jpn"),
        ("I want to speak.", "我想说话。", "zho"),
        ("I want to speak.", "मैं बोलना चाहता हूँ।", "hin"),
        ("Do you want to speak?", "هل تريد أن تتكلم؟", "arb"),
        ("Do you want to speak?", "Θέλεις να μιλήσεις;", "ell"),
        ("Do you want to speak?", "Ուզո՞ւմ ես խոսել։", "hye"),
        ("I want to speak.", "ฉันอยากพูด", "tha"),
        ('He said "yes."', "Ha detto «sì».", "ita"),
        ("I don't know...", "No sé…", "spa"),
        ("Really?!", "¡¿De verdad?!", "spa"),
    ],
)
def test_the_mark_at_the_end_may_be_the_target_language_s_own(
    judge_translation: Any, seed: str, target: str, language: str
) -> None:
    assert judged(judge_translation, seed, target, language) == set()


@pytest.mark.parametrize(
    ("seed", "target", "language"),
    [
        ("I want to speak.", "Voglio parlare", "ita"),
        ("I want to speak.", "Voglio parlare!", "ita"),
        ("Do you want to speak?", "Vuoi parlare.", "ita"),
        ("Do you want to speak?", "Vuoi parlare;", "ita"),
        ("I don't know...", "Non lo so.", "ita"),
        ("Do you want to speak?", "你想说话。", "zho"),
        ("Do you want to speak?", "คุณอยากพูด", "tha"),
    ],
)
def test_another_kind_of_mark_at_the_end_is_an_error(
    judge_translation: Any, seed: str, target: str, language: str
) -> None:
    assert judged(judge_translation, seed, target, language) == {"final_mark"}


@pytest.mark.parametrize("target", ["Quieres hablar?", "Quieres¿ hablar??", "¿Quieres ¿hablar?", "Quieres hablar?¿"])
def test_spanish_opens_what_it_closes(judge_translation: Any, target: str) -> None:
    assert "inverted_marks" in judged(judge_translation, "Do you want to speak?", target)


def test_only_spanish_has_inverted_marks(judge_translation: Any) -> None:
    assert judged(judge_translation, "Do you want to speak?", "¿Vuoi parlare?", "ita") == {"inverted_marks"}


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("**Quiero hablar.**", "leftover_markup"),
        ("`Quiero hablar.`", "leftover_markup"),
        ("<b>Quiero hablar.</b>", "leftover_markup"),
        ("Quiero hablar (informal).", "leftover_markup"),
        ("Quiero hablar [contigo].", "leftover_markup"),
        ("Quiero hablar （literal）.", "leftover_markup"),
        ("Estoy cansado/a y quiero hablar.", "leftover_markup"),
        ('"Quiero hablar."', "leftover_markup"),
        ("«Quiero hablar.»", "leftover_markup"),
        ("{target} hablar.", "leftover_markup"),
        ("# Quiero hablar.", "leftover_markup"),
        ("- Quiero hablar.", "leftover_note"),
        ("1. Quiero hablar.", "leftover_note"),
        ("Translation: Quiero hablar.", "leftover_note"),
        ("Traducción: quiero hablar.", "leftover_note"),
        ("Spanish: Quiero hablar.", "leftover_note"),
        ("Quiero hablar. Note: informal.", "leftover_note"),
        ("Quiero hablar, literally.", "leftover_note"),
        ("Quiero &nbsp; hablar.", "leftover_note"),
        ("TODO.", "leftover_note"),
    ],
)
def test_nothing_of_the_agent_s_own_stays_in_a_translation(judge_translation: Any, target: str, fault: str) -> None:
    assert fault in judged(judge_translation, "I want to speak.", target)


@pytest.mark.parametrize(
    ("seed", "target"),
    [
        ("I understand everything.", "Entiendo todo."),
        ('He said "yes" to me.', 'Me dijo "sí".'),
        ('"Yes."', "«Sí.»"),
        ("It costs 5 (five) euros.", "Cuesta 5 (cinco) euros."),
        ("Remember: I'm here.", "Recuerda: estoy aquí."),
        ("Note: I'm here.", "Nota: estoy aquí."),
    ],
)
def test_what_the_seed_has_or_the_language_needs_is_no_leftover(judge_translation: Any, seed: str, target: str) -> None:
    assert judged(judge_translation, seed, target) == set()


def test_the_length_stays_within_the_settings(judge_translation: Any) -> None:
    seed = "I want to speak with you."
    assert judged(judge_translation, seed, "Hablo.") == {"length_ratio"}
    assert judged(judge_translation, seed, "Quiero hablar contigo " * 3 + "hoy.") == {"length_ratio"}
    assert judged(judge_translation, seed, "Hablo.", min_length_ratio=0.1) == set()
    assert judged(judge_translation, seed, "Quiero hablar contigo.", max_length_ratio=0.8) == {"length_ratio"}


def test_a_full_width_character_counts_as_two(judge_translation: Any) -> None:
    assert judged(judge_translation, "I want to speak with you.", "我想和你说话。", "zho") == set()


def test_marks_without_words_are_no_translation(judge_translation: Any) -> None:
    assert "empty_text" in judged(judge_translation, "Wait!", "¡!!!")


def test_an_output_that_is_no_object_fails_the_batch(judge_translation: Any, types: Any) -> None:
    assert types(judge_translation(batch(), ["S0001"], {})) == {(None, "wrong_shape")}


@examples(80)
@given(data=st.data())
def test_whatever_an_agent_writes_is_judged(judge_translation: Any, any_json: Any, data: st.DataObject) -> None:
    value = data.draw(any_json | st.tuples(any_json, any_json).map(list))
    report = judge_translation(batch(), {"S0001": value}, {})
    assert isinstance(report, ValidationReport)
    assert report.failed_ids(SEEDS) == ("S0001",)


@examples(80)
@given(target=st.text(st.characters(), max_size=40))
def test_any_text_in_a_translation_s_place_gets_a_report(judge_translation: Any, target: str) -> None:
    report = judge_translation(batch(), {"S0001": [target, SEEDS["S0001"]]}, {})
    assert {error.item_id for error in report.errors} <= {"S0001"}
