"""Damaged state is named, mended where it can be, never overwritten without a copy, and nothing is paid for twice."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.damage_and_mending import (
    PAGE,
    gone,
    has_its_main_file_written_again,
    is_not_taken_for_none,
    is_refused_and_mended,
    removed,
    tells_and_has_again_what_its_log_lost,
)
from tests.support.damaged_project import COUNT, PHASES, Damaged, ended_badly, overwrite
from tests.support.scripted_project import TARGET


def emptied(project: Damaged) -> None:
    project.store.write_bytes(b"")


def first_page(project: Damaged) -> None:
    overwrite(project.store, lambda data: bytes(PAGE) + data[PAGE:])


def garbage(project: Damaged) -> None:
    overwrite(project.store, lambda data: random.Random(1).randbytes(len(data)))


def cut_in_half(project: Damaged) -> None:
    overwrite(project.store, lambda data: data[: len(data) // 2])


def no_trigger(project: Damaged) -> None:
    project.change("DROP TRIGGER item_moved")


def no_json(project: Damaged) -> None:
    project.change("UPDATE items SET value = substr(value, 1, 5) WHERE id = 'i03'")


def no_text(project: Damaged) -> None:
    project.change("UPDATE items SET value = CAST(x'7b22ff' AS TEXT) WHERE id = 'i03' AND phase = 1")


STORE: dict[str, tuple[Callable[[Damaged], None], str]] = {
    "emptied": (emptied, "it is empty, but 20 session folders"),
    "first page overwritten": (first_page, "not a database"),
    "garbage": (garbage, "not a database"),
    "cut in half": (cut_in_half, "malformed"),
    "a trigger missing": (no_trigger, "item_moved is missing"),
}
ROWS: dict[str, tuple[Callable[[Damaged], None], str]] = {
    "a value cut short": (no_json, "rows hold what cannot be: 2 of items"),
    "a value that is no text": (no_text, "rows hold what cannot be: 1 of items"),
}


@pytest.mark.parametrize(("breaks", "named"), STORE.values(), ids=STORE)
def test_a_damaged_store_is_refused_by_name_and_mended_and_nothing_is_done_again(
    finished: Damaged, breaks: Callable[[Damaged], None], named: str
) -> None:
    is_refused_and_mended(finished, breaks, named)


@pytest.mark.parametrize(("breaks", "named"), ROWS.values(), ids=ROWS)
def test_rows_that_hold_what_cannot_be_are_had_again_from_the_main_files(
    finished: Damaged, breaks: Callable[[Damaged], None], named: str
) -> None:
    breaks(finished)
    assert named in finished.findings()
    finished.repair()
    assert finished.again() == []


@pytest.mark.parametrize(
    ("breaks", "word"),
    [
        (breaks, word)
        for word in ("status", "jobs", "logs", "watch")
        for breaks in (gone, emptied)
        if (breaks, word) != (gone, "status")  # which tests/doctor has
    ],
)
def test_a_lost_store_is_not_taken_for_none_and_looking_leaves_it_as_it_is(
    finished: Damaged, breaks: Callable[[Damaged], None], word: str
) -> None:
    is_not_taken_for_none(finished, breaks, word)


def test_a_folder_in_the_place_of_the_store_is_named_and_no_repair_touches_it(finished: Damaged) -> None:
    gone(finished)
    finished.store.mkdir()
    assert "failure store: store.sqlite is no file: move it away" in finished.findings()
    for words in (("run", "small", TARGET), ("doctor", "--repair")):
        assert "store.sqlite is no file: move it away" in ended_badly(finished.cli(*words))
    finished.store.rmdir()
    finished.repair()
    assert finished.again() == []


def test_sessions_of_batches_that_are_lost_are_counted_as_before(finished: Damaged) -> None:
    finished.change("DELETE FROM batches", "DROP TRIGGER item_moved")
    finished.repair()
    assert finished.again() == []
    assert finished.status()["sessions"] == 20
    assert finished.status()["phases"][2]["batches"] == {"total": 8, "done": 8, "running": 0}


def test_of_an_item_that_is_lost_the_answer_is_found_with_its_session(finished: Damaged) -> None:
    finished.change("DELETE FROM items WHERE id = 'i03'", "DROP TRIGGER item_moved")
    for phase in (1, 2, 3):
        finished.path(phase).unlink()
    finished.repair()
    assert finished.again() == []
    assert finished.status()["sessions"] == 20


def test_a_session_answers_for_batches_that_have_other_bounds_now(finished: Damaged) -> None:
    finished.store.unlink()
    for phase in (1, 2, 3):
        finished.path(phase).unlink()
    finished.repair()
    assert finished.again("--batch-size", "1") == []
    assert finished.status()["sessions"] == 20


def test_a_value_that_was_changed_in_the_store_is_had_again_from_the_main_file(finished: Damaged) -> None:
    finished.change("UPDATE items SET value = replace(value, '3', '4') WHERE phase = 1 AND id = 'i03'")
    assert "out_1.json: 1 values that it was written with are others in the store now: i03" in finished.findings()
    assert "1 values of the store are again what was written" in finished.repair()
    assert finished.again() == []


def test_a_store_of_a_newer_schema_is_named_and_left_alone(finished: Damaged) -> None:
    finished.change("PRAGMA user_version = 99")
    before = finished.files()
    assert "schema 99, made by a newer supervisor" in finished.findings()
    assert "Install the newer supervisor" in finished.refused()
    assert "Install the newer supervisor" in ended_badly(finished.cli("doctor", "--repair"))
    assert finished.files() == before


def shortened(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def blank(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("breaks", "repaired"),
    [(removed, False), *((breaks, repaired) for repaired in (True, False) for breaks in (shortened, blank))],
    ids={True: "repaired", False: "run"}.get,
)
def test_a_main_file_that_is_gone_or_cut_short_is_written_from_the_store(
    finished: Damaged, breaks: Callable[[Path], None], repaired: bool
) -> None:
    has_its_main_file_written_again(finished, breaks, repaired=repaired)


def test_a_folder_in_the_place_of_a_main_file_is_named_and_left_to_its_owner(finished: Damaged) -> None:
    whole = finished.path(3).read_bytes()
    finished.path(3).unlink()
    finished.path(3).mkdir()
    assert "out_3.json: a folder stands in its place; move it away" in finished.findings()
    assert "Move it away, then run the same command again" in ended_badly(finished.cli("run", "small", TARGET))
    finished.repair(status=4)
    finished.path(3).rmdir()
    assert finished.again() == []
    assert finished.path(3).read_bytes() == whole


def test_without_store_and_main_files_the_outputs_of_sessions_are_judged_and_not_made_again(
    finished: Damaged,
) -> None:
    finished.write(
        "validators/small/first.py",
        "from supervisor import ValidationError, ValidationReport\n\n\ndef validate(batch, output, merged):\n"
        "    wrong = [i for i in batch.items if output[i] != {'said': batch.items[i]}]\n"
        "    return ValidationReport(errors=[ValidationError(type='t', item_id=i, message='m') for i in wrong])\n",
    )
    path = finished.root / "phase_intelligence/small/pipeline.toml"
    path.write_text(path.read_text().replace("[[phases]]", '[[phases]]\nvalidator = "first.py"', 1))
    finished.store.unlink()
    for phase in (1, 2, 3):
        finished.path(phase).unlink()
    (session,) = [each for each in finished.sessions(1) if "i05" in each.asked]
    session.output.write_text(json.dumps({**json.loads(session.output.read_text()), "i05": "spoiled"}))
    assert "found again by its session folders" in finished.repair()
    assert finished.again() == [(1, "i05")]
    assert finished.status()["sessions"] == 21


def test_with_all_of_the_state_deleted_main_files_are_taken_for_done_where_a_person_asks_for_it(
    finished: Damaged,
) -> None:
    shutil.rmtree(finished.state)
    assert "warning store: none, but there are main files of small/demo" in finished.findings()
    finished.repair()
    assert finished.again() == []
    assert finished.sessions() == []


def test_a_folder_beside_the_targets_that_is_none_hides_no_results(finished: Damaged) -> None:
    shutil.copytree(finished.folder, finished.folder.with_name("Before"))
    shutil.rmtree(finished.state)
    assert f"small/{TARGET}: found again" in finished.repair()


def log_cut_short(project: Damaged) -> None:
    overwrite(project.log, lambda data: data[: len(data) // 3])


def log_overwritten(project: Damaged) -> None:
    overwrite(project.log, lambda data: random.Random(2).randbytes(len(data)))


def log_alone(project: Damaged) -> None:
    project.store.write_bytes(b"")


def log_flipped(project: Damaged) -> None:
    def change(data: bytearray) -> bytearray:
        data[len(data) // 2] ^= 1
        return data

    overwrite(project.log, change)


LOG: dict[str, tuple[Callable[[Damaged], None], str]] = {
    "cut short": (log_cut_short, ""),
    "overwritten": (log_overwritten, ""),
    "alone": (log_alone, "it is empty, but"),
    "one bit flipped": (log_flipped, ""),
}


@pytest.mark.parametrize(("breaks", "named"), LOG.values(), ids=LOG)
def test_what_a_damaged_log_has_lost_is_told_and_had_again(
    cut_off_project: Damaged, breaks: Callable[[Damaged], None], named: str
) -> None:
    tells_and_has_again_what_its_log_lost(cut_off_project, breaks, named)


def test_of_a_log_with_one_damaged_place_all_else_is_read(cut_off_project: Damaged) -> None:
    log_flipped(cut_off_project)
    assert "commits after that place are not read" in cut_off_project.findings()
    assert "1 pieces of its log are damaged" in cut_off_project.repair()
    attempts = cut_off_project.rows("SELECT count(*) AS n FROM attempts")
    assert attempts[0]["n"] >= 19
    cut_off_project.again()


def break_anything(project: Damaged, chance: random.Random) -> str:
    """Damage of some kind at some place of the store or its log."""
    path = chance.choice([path for path in (project.store, project.log) if path.exists() and path.stat().st_size])
    kind = chance.choice(("cut", "pages", "flip", "flips", "emptied", "gone", "garbage"))

    def change(data: bytearray) -> bytes | bytearray:
        if kind == "cut":
            return data[: chance.randrange(len(data))]
        if kind == "garbage":
            return chance.randbytes(len(data))
        if kind == "pages":
            for _ in range(chance.randint(1, 3)):
                start = chance.randrange(len(data) // PAGE) * PAGE
                data[start : start + PAGE] = chance.randbytes(PAGE)
        for _ in range({"flip": 1, "flips": 50}.get(kind, 0)):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return b"" if kind == "emptied" else data

    if kind == "gone":
        path.unlink()
    else:
        overwrite(path, change)
    return f"{path.name} {kind}"


@pytest.mark.parametrize("seed", range(30))
def test_whatever_befalls_the_store_the_job_completes_as_it_would_have_and_pays_twice_for_a_batch_at_most(
    finished: Damaged, cut_off_project: Damaged, seed: int
) -> None:
    chance = random.Random(seed)
    project = cut_off_project if seed % 2 else finished
    in_flight = sorted(project.in_flight())
    break_anything(project, chance)
    if chance.random() < 0.5:
        ended = project.cli("run", "small", TARGET)
        assert ended.status in (0, 4) and "Traceback" not in ended.err, ended
        in_flight = [] if ended.status == 0 else in_flight
    project.repair()
    again = project.again()
    assert set(again) >= set(in_flight)
    # Fifty bits may change an item and all that tells of it.
    assert len(again) - len(in_flight) <= PHASES[2]["batch_size"]
    assert project.status()["phases"][2]["items"]["merged"] == 2 * COUNT
