"""What the embedded agent does with the prompt of a batch, run as sessions run it: as a program."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor import BatchInput, ValidationReport
from supervisor.agents.phrasebook.book import LANGUAGES, SENTENCES_FILE, Unmatched, load
from supervisor.agents.phrasebook.cannot_work import CannotWork
from supervisor.agents.phrasebook.fault_injection import KINDS, drawn
from supervisor.agents.phrasebook.joining import joined
from supervisor.agents.phrasebook.prompt_parser import read_prompt
from supervisor.agents.phrasebook.words import key, plain_known

ROOT = Path(__file__).resolve().parents[3]
PHASES = {
    1: SimpleNamespace(id=1, name="translation", merge="object"),
    3: SimpleNamespace(id=3, name="LEGO decomposition", merge="array"),
    5: SimpleNamespace(id=5, name="baskets", merge="object"),
}
INTELLIGENCE = """# How to work

An example of a batch, not the batch:

# This batch

- Target: deu_for_eng_full

{"id": "S0000L01", "target": "ejemplo", "known": "example"}"""

Row = list[Any]
Run = Callable[..., subprocess.CompletedProcess[str]]
Prompt = Callable[..., Path]


def bundled(count: int | None = None) -> list[list[list[str]]]:
    """The bundled sentences, as [English with punctuation, Spanish, Italian] of every chunk."""
    lines = Path(SENTENCES_FILE).read_text(encoding="utf-8").splitlines()[:count]
    return [[part.split(" = ") for part in line.split(" | ")] for line in lines]


SEEDS = {f"S{n:04d}": " ".join(chunk[0] for chunk in chunks) for n, chunks in enumerate(bundled(20), start=1)}


def expected_rows(language: str) -> list[Row]:
    """The decomposition of the first sentences, worked out from the file by itself."""
    column = LANGUAGES[language]
    rows: list[Row] = []
    for (seed_id, seed), chunks in zip(SEEDS.items(), bundled(20), strict=True):
        marks = [english[len(english.rstrip(".,?!")) :] for english, *_ in chunks]
        target = " ".join(chunk[column] + mark for chunk, mark in zip(chunks, marks, strict=True))
        target = target[0].upper() + target[1:]
        if language == "spa" and target.endswith("?"):
            target = "¿" + target
        legos = []
        for number, chunk in enumerate(chunks, start=1):
            known = [word if word.startswith("I") else word.lower() for word in chunk[0].rstrip(".,?!").split()]
            legos.append([f"{seed_id}L{number:02d}", chunk[column], " ".join(known)])
        rows.append([seed_id, [target, seed], legos])
    return rows


def pairs_of(language: str) -> dict[str, list[str]]:
    return {seed_id: pair for seed_id, pair, _ in expected_rows(language)}


def legos_of(language: str) -> dict[str, list[str]]:
    return {lego_id: [target, known] for _, _, legos in expected_rows(language) for lego_id, target, known in legos}


def vocabulary_of(language: str, until: str = "S9999L99") -> list[dict[str, str]]:
    """Every known text once, where it is first introduced, up to a LEGO."""
    first: dict[str, dict[str, str]] = {}
    for lego_id, (target, known) in legos_of(language).items():
        if lego_id <= until:
            first.setdefault(known.lower(), {"id": lego_id, "target": target, "known": known})
    return list(first.values())


def items_of(phase: int, language: str) -> dict[str, Any]:
    items: dict[int, dict[str, Any]] = {1: SEEDS, 3: pairs_of(language), 5: legos_of(language)}
    return items[phase]


def rendered(
    phase: int,
    items: Mapping[str, Any],
    output: str,
    *,
    target: str = "spa_for_eng_20seeds",
    vocabulary: list[dict[str, str]] | None = None,
    retry: Any = None,
    fence: str = "```",
    name: str | None = None,
) -> str:
    """The prompt of a batch from the real templates, the project's own over the general one."""
    templates = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.PrefixLoader({"project": jinja2.FileSystemLoader(ROOT / "prompts" / "course")}, delimiter=":"),
                jinja2.FileSystemLoader(ROOT / "supervisor" / "project" / "templates"),
            ]
        ),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    ids = list(items) or ["none"]
    return templates.get_template("project:batch.md.j2").render(
        batch_begins="",
        intelligence=INTELLIGENCE,
        phase=SimpleNamespace(**{**vars(PHASES[phase]), "name": name or PHASES[phase].name}),
        pipeline="course",
        target=target,
        target_parts={},
        batch={"number": 1, "total": 1, "first": ids[0], "last": ids[-1], "count": len(items)},
        items=f"{fence}json\n{json.dumps(items, ensure_ascii=False, indent=2)}\n{fence}",
        context=vocabulary and "\n".join(json.dumps(entry, ensure_ascii=False) for entry in vocabulary),
        output_file=output,
        retry=retry,
    )


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Where the prompts of a test ask for the output."""
    return tmp_path / "my work" / "phase1_batch_1.json"


@pytest.fixture
def prompt(output: Path) -> Prompt:
    """Writes the prompt of a batch beside the output."""
    output.parent.mkdir()

    def write(phase: int, items: Mapping[str, Any], **rest: Any) -> Path:
        path = output.parent / "prompt.md"
        path.write_text(rendered(phase, items, str(output), **rest), encoding="utf-8")
        return path

    return write


def environment(session: int = 1) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(ROOT),
        "SUPERVISOR_ATTEMPT": str(session),
    }


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-P", "-m", "supervisor.agents.phrasebook", *map(str, arguments)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the program to its end."""

    def start(*arguments: object, session: int = 1) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*arguments),
            cwd=tmp_path,
            env=environment(session),
            capture_output=True,
            encoding="utf-8",
            timeout=30,
            check=False,
        )

    return start


@pytest.fixture
def answers(prompt: Prompt, run: Run, output: Path) -> Callable[..., Any]:
    """Runs the program on items and returns what it wrote."""

    def ask(phase: int, items: Mapping[str, Any], **rest: Any) -> Any:
        done = run(prompt(phase, items, **rest))
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(output.read_bytes())

    return ask


def judged(phase: int, items: dict[str, Any], language: str, written: Any) -> ValidationReport:
    """The verdict of the phase's own validator."""
    folder = ROOT / "validators" / "course"
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    (path,) = folder.glob(f"phase_{phase}_*.py")
    spec = importlib.util.spec_from_file_location(f"judge_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    batch = BatchInput(
        pipeline="course",
        target=f"{language}_for_eng_20seeds",
        target_parts={"target": language},
        phase=phase,
        batch=1,
        items=items,
        context=vocabulary_of(language),
    )
    merged = {3: {seed_id: rest for seed_id, *rest in expected_rows(language)}} if phase == 5 else {}
    report: ValidationReport = module.validate(batch, written, merged)
    return report


def seed_for(kind: str, phase: int, items: Mapping[str, Any]) -> int:
    """A seed with which the first session of the batch has this fault."""
    read = read_prompt(rendered(phase, items, "x"))
    return next(seed for seed in range(1000) if drawn(1, seed, read, 1) == kind)


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


def test_answers_only_the_failed_items_of_a_retry(answers: Callable[..., Any]) -> None:
    failed = {seed_id: SEEDS[seed_id] for seed_id in ("S0004", "S0011")}
    errors = [{"type": "untranslated", "item_id": "S0004", "message": "```\n{", "suggestion": ""}]
    written = answers(1, failed, retry={"ids": list(failed), "kept": 18, "errors": errors})
    assert written == {seed_id: pairs_of("spa")[seed_id] for seed_id in failed}


def test_reads_items_behind_a_longer_fence(answers: Callable[..., Any]) -> None:
    assert list(answers(1, {"S0001": SEEDS["S0001"], "S0002": "```"}, fence="`````")) == ["S0001"]


def test_reads_the_general_template_as_well(output: Path, run: Run) -> None:
    folder = ROOT / "supervisor" / "project" / "templates"
    template = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder), undefined=jinja2.StrictUndefined
    ).get_template("batch.md.j2")
    legos = legos_of("ita")
    lego_id = list(legos)[1]
    output.parent.mkdir()
    path = output.parent / "prompt.md"
    text = template.render(
        batch_begins="",
        intelligence=INTELLIGENCE,
        phase=PHASES[5],
        pipeline="course",
        target="ita_for_eng_full",
        batch={"number": 3, "total": None, "first": lego_id, "last": lego_id, "count": 1},
        items=f"```json\n{json.dumps({lego_id: legos[lego_id]})}\n```",
        context="\n".join(json.dumps(entry, ensure_ascii=False) for entry in vocabulary_of("ita")),
        output_file=str(output),
        retry=None,
    )
    path.write_text(text, encoding="utf-8")
    assert run(path).returncode == 0
    assert len(json.loads(output.read_bytes())[lego_id]["phrases"]) == 2


def test_says_what_it_is_how_far_it_is_and_what_it_wrote(prompt: Prompt, run: Run, output: Path) -> None:
    done = run(prompt(1, SEEDS))
    assert done.stdout.splitlines() == [
        "phrasebook: a bundled phrasebook, no model, no network",
        "phrasebook: 10 of 20 items",
        "phrasebook: 20 of 20 items",
        f"phrasebook: wrote 20 items to {output.name}",
    ]


def test_leaves_one_whole_file_in_readable_form(answers: Callable[..., Any], output: Path) -> None:
    written = answers(1, SEEDS)
    expected = json.dumps(written, ensure_ascii=False, indent=2) + "\n"
    assert output.read_text(encoding="utf-8") == expected
    assert sorted(path.name for path in output.parent.iterdir()) == [output.name, "prompt.md"]


def test_writes_although_nobody_listens_any_more(prompt: Prompt, output: Path) -> None:
    path = prompt(1, SEEDS)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        done = subprocess.run(command(path), env=environment(), stdout=nobody, timeout=30, check=False)
    assert done.returncode == 0
    assert len(json.loads(output.read_bytes())) == len(SEEDS)


def test_starts_without_heavy_modules() -> None:
    code = "import sys, supervisor.agents.phrasebook.phrasebook_program; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    heavy = {"pydantic", "typer", "argparse", "dataclasses", "inspect", "logging", "pathlib", "hashlib", "asyncio"}
    assert heavy.isdisjoint(done.stdout.split())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("spa_for_eng", "fra_for_eng"), "no phrasebook for fra for speakers of eng; there are spa and ita"),
        (("spa_for_eng", "spa_for_fra"), "no phrasebook for spa for speakers of fra; there are spa and ita"),
        (("- Phase: 1 translation", "- Phase: 1 summary"), 'no task for the phase "summary"'),
        (("- Phase: 1 translation", "- Phase: translation"), "has no number and name"),
        (("- Phase: 1 translation", ""), "says no phase"),
        (("- Target: spa", "- Goal: spa"), "says no target"),
        (("- Batch: 1", "- Batch: one"), "does not begin with a number"),
        (("# This batch", "# Another batch"), 'no section "# This batch"'),
        (("The items, id to content:", "The items:"), 'does not say "The items, id to content:"'),
        (("```json", "json"), "is not closed"),
        (("```", ""), "has no items"),
        (('"S0001":', '"S0001"'), "are not JSON"),
        (("{\n", "[\n"), "are not JSON"),
        (("{\n", '["'), "are not JSON"),
        (("Write the output as", "Put the output as"), 'does not say "Write the output as'),
        (("    /", "/"), "no path for the output"),
    ],
)
def test_refuses_a_prompt_that_it_cannot_serve(
    prompt: Prompt, run: Run, output: Path, change: tuple[str, str], said: str
) -> None:
    path = prompt(1, {"S0001": SEEDS["S0001"]})
    text = path.read_text(encoding="utf-8")
    assert change[0] in text
    path.write_text(text.replace(*change), encoding="utf-8")
    done = run(path)
    assert done.returncode == 78
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert not output.exists()


def test_refuses_a_language_even_when_it_is_to_fail(prompt: Prompt, run: Run) -> None:
    done = run(prompt(1, SEEDS, target="fra_for_eng_full"), "--faults", 1)
    assert done.returncode == 78


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("{prompt}", "{prompt}"),
        ("/nowhere/prompt.md",),
        ("/",),
        ("{prompt}", "--faults"),
        ("{prompt}", "--faults", "1.5"),
        ("{prompt}", "--faults", "nan"),
        ("{prompt}", "--seed", "x"),
        ("{prompt}", "--model", "x"),
        ("{binary}",),
    ],
)
def test_refuses_arguments_that_it_cannot_use(
    prompt: Prompt, run: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe# This batch\n")
    path = prompt(1, SEEDS)
    done = run(*(word.format(prompt=path, binary=binary) for word in arguments))
    assert done.returncode == 78
    assert len(done.stderr.splitlines()) == 1


def test_says_that_the_output_cannot_be_written(prompt: Prompt, run: Run, output: Path) -> None:
    path = prompt(1, SEEDS)
    path.write_text(path.read_text(encoding="utf-8").replace(str(output), "/nowhere/x.json"), encoding="utf-8")
    done = run(path)
    assert done.returncode == 74
    assert len(done.stderr.splitlines()) == 1


@given(cut=st.integers(0, 2_500), drop=st.integers(0, 200), junk=st.text(max_size=8))
def test_any_damage_to_a_prompt_is_read_or_refused(cut: int, drop: int, junk: str) -> None:
    text = rendered(1, {"S0001": SEEDS["S0001"]}, "/elsewhere/out.json")
    with contextlib.suppress(CannotWork):
        read_prompt(text[:cut] + junk + text[cut + drop :])


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("kind", ["wrong_id", "missing_item", "bad_tiling"])
def test_a_fault_of_content_spoils_one_item(
    prompt: Prompt, run: Run, output: Path, answers: Callable[..., Any], kind: str, phase: int
) -> None:
    items = items_of(phase, "spa")
    clean = answers(phase, items, vocabulary=vocabulary_of("spa"))
    path = prompt(phase, items, vocabulary=vocabulary_of("spa"))
    done = run(path, "--faults", 1, "--seed", seed_for(kind, phase, items))
    assert done.returncode == 0
    assert f"phrasebook: fault {kind}" in done.stdout.splitlines()
    written = json.loads(output.read_bytes())
    good, spoiled = ({row[0]: row[1:] for row in rows} if phase == 3 else rows for rows in (clean, written))
    lost, strange = good.keys() - spoiled.keys(), spoiled.keys() - good.keys()
    assert (len(lost), len(strange)) == {"wrong_id": (1, 1), "missing_item": (1, 0), "bad_tiling": (0, 0)}[kind]
    changed = {item_id for item_id in good.keys() & spoiled.keys() if good[item_id] != spoiled[item_id]}
    assert len(changed) == (1 if kind == "bad_tiling" else 0)
    named = {error.item_id for error in judged(phase, items, "spa", written).errors}
    assert named == changed


def test_a_half_written_file_ends_in_the_middle(prompt: Prompt, run: Run, output: Path) -> None:
    done = run(prompt(1, SEEDS), "--faults", 1, "--seed", seed_for("half_written", 1, SEEDS))
    assert done.returncode == 0
    assert done.stdout.splitlines()[1] == "phrasebook: fault half_written"
    assert output.read_bytes()
    with pytest.raises(json.JSONDecodeError):
        json.loads(output.read_bytes())


def test_a_crash_writes_nothing(prompt: Prompt, run: Run, output: Path) -> None:
    done = run(prompt(1, SEEDS), "--faults", 1, "--seed", seed_for("crash", 1, SEEDS))
    assert done.returncode == 70
    assert done.stdout.splitlines()[-1] == "phrasebook: fault crash"
    assert not output.exists()


def test_a_hang_lasts_until_it_is_ended(prompt: Prompt, output: Path) -> None:
    path = prompt(1, SEEDS)
    hung = subprocess.Popen(
        command(path, "--faults", 1, "--seed", seed_for("hang", 1, SEEDS)),
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    with hung:
        assert hung.stdout is not None
        assert "phrasebook: fault hang\n" in iter(hung.stdout.readline, "")
        with pytest.raises(subprocess.TimeoutExpired):
            hung.wait(timeout=0.3)
        assert not output.exists()
        hung.terminate()
    assert hung.returncode == -15


def test_a_slow_session_is_right_in_the_end(prompt: Prompt, run: Run, output: Path) -> None:
    began = time.monotonic()
    done = run(prompt(1, SEEDS), "--faults", 1, "--seed", seed_for("slow", 1, SEEDS))
    assert time.monotonic() - began >= 1.5
    assert "phrasebook: fault slow" in done.stdout
    assert json.loads(output.read_bytes()) == pairs_of("spa")


def test_output_after_exit_comes_from_a_process_that_is_left_behind(prompt: Prompt, output: Path) -> None:
    path = prompt(1, SEEDS)
    reading, writing = os.pipe()  # the process left behind holds it open until it ends
    arguments = command(path, "--faults", 1, "--seed", seed_for("output_after_exit", 1, SEEDS))
    with os.fdopen(reading, "rb") as until_it_ends:
        done = subprocess.run(
            arguments, env=environment(), pass_fds=[writing], capture_output=True, timeout=30, check=False
        )
        there = output.exists()
        os.close(writing)
        assert until_it_ends.read() == b""
    assert done.returncode == 0
    assert b"phrasebook: fault output_after_exit\n" in done.stdout
    assert not there
    assert json.loads(output.read_bytes()) == pairs_of("spa")


def test_faults_are_drawn_from_the_seed_and_the_session() -> None:
    read = read_prompt(rendered(1, SEEDS, "x"))
    draws = [drawn(0.5, seed, read, session) for seed in range(200) for session in (1, 2)]
    assert draws == [drawn(0.5, seed, read, session) for seed in range(200) for session in (1, 2)]
    assert 150 < sum(draw is not None for draw in draws) < 250
    assert {draw for draw in draws if draw} == set(KINDS)
    assert len({tuple(drawn(1, seed, read._replace(batch=batch), 1) for seed in range(9)) for batch in range(9)}) == 9


def test_the_third_session_is_clean_unless_every_session_is_to_fail(prompt: Prompt, run: Run, output: Path) -> None:
    read = read_prompt(rendered(1, SEEDS, "x"))
    assert [drawn(0.999, seed, read, session) for seed in range(100) for session in (3, 4)] == [None] * 200
    assert all(drawn(1, seed, read, session) for seed in range(100) for session in range(1, 6))
    assert drawn(0.999, 0, read, 2)
    done = run(prompt(1, SEEDS), "--faults", 0.999, session=3)
    assert "fault" not in done.stdout
    assert json.loads(output.read_bytes()) == pairs_of("spa")


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


BOOKS = {language: load(language, "eng") for language in LANGUAGES}
