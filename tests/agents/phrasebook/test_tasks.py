"""What the embedded agent answers: translations, LEGOs, baskets, each as it would be in any other batch."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.agents.phrasebook.book import LANGUAGES, Unmatched, load
from supervisor.agents.phrasebook.joining import joined
from supervisor.agents.phrasebook.words import key, plain_known
from tests.agents.phrasebook.course_batches import (
    PHASES,
    SEEDS,
    Prompt,
    Run,
    bundled,
    expected_rows,
    items_of,
    judged,
    legos_of,
    pairs_of,
    vocabulary_of,
)

BOOKS = {language: load(language, "eng") for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_translates_every_sentence_and_copies_the_known_side(answers: Callable[..., Any], language: str) -> None:
    written = answers(1, SEEDS, target=f"{language}_for_eng_20seeds")
    assert written == pairs_of(language)
    assert list(written) == list(SEEDS)
    assert judged(1, SEEDS, language, written).errors == ()


@pytest.mark.parametrize(
    ("sentence", "spanish", "italian"),
    [
        ("Do you want to speak?", "¿Quieres hablar?", "Vuoi parlare?"),
        ("Now, I want to speak!", "¡Ahora, quiero hablar!", "Adesso, voglio parlare!"),
        ("i’d like TO SPEAK...", "Me gustaría hablar...", "Vorrei parlare..."),
        ("I can't. Do you want to speak?", "No puedo. ¿Quieres hablar?", "Non posso. Vuoi parlare?"),
        ("“Do you want to speak?”", "“¿Quieres hablar?”", "“Vuoi parlare?”"),
        ("I want to speak - now.", "Quiero hablar - ahora.", "Voglio parlare - adesso."),
    ],
)
def test_keeps_the_punctuation_of_the_sentence(
    answers: Callable[..., Any], sentence: str, spanish: str, italian: str
) -> None:
    for language, target in (("spa", spanish), ("ita", italian)):
        written = answers(1, {"S0001": sentence}, target=f"{language}_for_eng_full")
        assert written == {"S0001": [target, sentence]}


def test_no_chunk_reaches_across_punctuation(answers: Callable[..., Any], prompt: Prompt, run: Run) -> None:
    assert answers(1, {"S0001": "I want to speak."})
    done = run(prompt(1, {"S0001": "I want to, speak."}))
    assert 'phrasebook: no chunk for "to" in S0001' in done.stdout.splitlines()


def test_leaves_out_an_item_that_it_cannot_say_and_says_so(prompt: Prompt, run: Run, output: Path) -> None:
    items = {"S0001": SEEDS["S0001"], "S0002": "I want to transmogrify.", "S0003": 7, "S0004": "…"}
    done = run(prompt(1, items))
    assert done.returncode == 0
    assert list(json.loads(output.read_bytes())) == ["S0001"]
    assert done.stdout.splitlines()[1:4] == [
        'phrasebook: no chunk for "to" in S0002',
        "phrasebook: the content of S0003 is not a sentence",
        "phrasebook: S0004 has no words",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_splits_every_pair_into_its_chunks(answers: Callable[..., Any], language: str) -> None:
    pairs = pairs_of(language)
    written = answers(3, pairs, target=f"{language}_for_eng_20seeds")
    assert written == expected_rows(language)
    assert judged(3, pairs, language, written).errors == ()


@pytest.mark.parametrize(
    ("text", "lego"),
    [
        ("If I can,", "if I can"),
        ("I'll be there.", "I'll be there"),
        ("and I've seen", "and I've seen"),
        ("I'd", "I'd"),
        ("because I’m ill", "because I’m ill"),
        ("In It, is?", "in it is"),
    ],
)
def test_only_the_pronoun_keeps_its_capital(text: str, lego: str) -> None:
    assert plain_known(text) == lego


def test_leaves_out_a_pair_whose_target_is_somebody_elses(prompt: Prompt, run: Run, output: Path) -> None:
    known = SEEDS["S0001"]
    done = run(prompt(3, {"S0001": ["Otra cosa.", known]}))
    assert json.loads(output.read_bytes()) == []
    assert f'phrasebook: the chunks of "{known}" do not give "Otra cosa." in S0001' in done.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_makes_baskets_that_pass(answers: Callable[..., Any], language: str) -> None:
    legos = legos_of(language)
    written = answers(5, legos, target=f"{language}_for_eng_20seeds", vocabulary=vocabulary_of(language))
    assert list(written) == list(legos)
    assert judged(5, legos, language, written).errors == ()
    for lego_id, basket in written.items():
        phrases = basket["phrases"]
        available = len(vocabulary_of(language, until=lego_id))
        assert basket["lego"] == legos[lego_id]
        assert min(3, available) <= len(phrases) <= 5
        assert len({known for _, known in phrases}) == len({target for target, _ in phrases}) == len(phrases)
        assert not any(mark in text for phrase in phrases for text in phrase for mark in ".,?!¿¡")


def test_prefers_what_stands_together_in_a_sentence(answers: Callable[..., Any]) -> None:
    legos = legos_of("spa")
    lego_id = list(legos)[3]
    written = answers(5, {lego_id: legos[lego_id]}, vocabulary=vocabulary_of("spa"))
    sentences = [key(" ".join(chunk[0] for chunk in chunks)) for chunks in bundled()]
    phrases = [key(known) for _, known in written[lego_id]["phrases"]]
    assert len(phrases) == 5
    assert all(any(f" {phrase} " in f" {sentence} " for sentence in sentences) for phrase in phrases)


def test_makes_phrases_even_where_no_sentence_has_the_lego(answers: Callable[..., Any]) -> None:
    vocabulary = vocabulary_of("spa")
    written = answers(5, {"S0021L01": ["el zarzal", "the bramble"]}, vocabulary=vocabulary)
    phrases = written["S0021L01"]["phrases"]
    assert len(phrases) == 3
    assert all("el zarzal" in target and "the bramble" in known for target, known in phrases)


def test_takes_the_vocabulary_from_its_own_section_only(answers: Callable[..., Any]) -> None:
    vocabulary = vocabulary_of("spa", until="S0001L01")
    (lego_id, lego), *_ = legos_of("spa").items()
    assert answers(5, {lego_id: lego}, vocabulary=vocabulary)[lego_id]["phrases"] == [lego]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("phase", PHASES)
def test_an_answer_does_not_depend_on_the_rest_of_the_batch(
    answers: Callable[..., Any], output: Path, phase: int, language: str
) -> None:
    items, rest = items_of(phase, language), {"target": f"{language}_for_eng_full"}
    whole = answers(phase, items, vocabulary=vocabulary_of(language), **rest)
    first = output.read_bytes()
    assert answers(phase, items, vocabulary=vocabulary_of(language), **rest) == whole
    assert output.read_bytes() == first
    some = dict(list(items.items())[-3::-7])
    until = max(some) if phase == 5 else "S9999L99"
    part = answers(phase, some, vocabulary=vocabulary_of(language, until), **rest)
    assert list(part if phase != 3 else dict.fromkeys(row[0] for row in part)) == list(some)
    assert all(row in whole for row in part) if phase == 3 else part.items() <= whole.items()


@given(
    chunks=st.sampled_from(bundled()),
    language=st.sampled_from(sorted(LANGUAGES)),
    written=st.sampled_from([str, str.upper, str.lower, lambda text: text.replace("'", "’")]),
)
def test_longest_match_gives_back_the_chunks_of_a_sentence(
    chunks: list[list[str]], language: str, written: Callable[[str], str]
) -> None:
    column = LANGUAGES[language]
    pieces = BOOKS[language].match(written(" ".join(chunk[0] for chunk in chunks)))
    assert not isinstance(pieces, Unmatched)
    assert [piece.target for piece in pieces] == [chunk[column] for chunk in chunks]
    said = [" ".join(word.before + word.text + word.after for word in piece.words) for piece in pieces]
    assert said == [written(chunk[0]) for chunk in chunks]
    assert key(joined(pieces, language)) == key(" ".join(chunk[column] for chunk in chunks))
