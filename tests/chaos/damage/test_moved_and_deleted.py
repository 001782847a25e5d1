"""A project that is moved, copied, deleted from or restored, also under way, goes on, and a stranger is left alone."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.support.damaged_project import Damaged, ended_badly, until_it_ends
from tests.support.scripted_project import TARGET, Small, numbered, said
from tests.support.waiting import until


def test_a_repair_refuses_while_a_supervisor_works_and_touches_nothing(cut_off_project: Damaged) -> None:
    (cut_off_project.root / "open").unlink()
    running = cut_off_project.begin_run()
    cut_off_project.at_gate(count=2)
    before = {name: data for name, data in cut_off_project.files().items() if not name.endswith("-wal")}
    said_no = ended_badly(cut_off_project.cli("doctor", "--repair"))
    assert f"worked on by `supervisor run`, process {running.pid}" in said_no
    after = cut_off_project.files()
    assert {name: after[name] for name in before} == before
    running.kill()


def test_a_project_that_was_copied_while_it_was_worked_on_goes_on_apart_from_the_original(
    cut_off_project: Damaged,
) -> None:
    (cut_off_project.root / "open").unlink()
    running = cut_off_project.begin_run()
    cut_off_project.at_gate(count=2)
    copy = Damaged.copied(cut_off_project.root, cut_off_project.root.with_name("copy"))
    until_it_ends(copy.root)
    assert f"process {running.pid} worked here when this was {cut_off_project.root}" in copy.findings()
    copy.repair()
    assert len(copy.again()) == 6
    until_it_ends(cut_off_project.root)
    for session in cut_off_project.at_gate(count=2):
        (session.workspace / "gate").open("wb").close()
    assert running.end() == 0, running.err
    assert cut_off_project.main(3) == copy.main(3)


def test_a_project_that_is_moved_while_it_is_worked_on_ends_with_a_word_and_goes_on_in_its_new_place(
    cut_off_project: Damaged,
) -> None:
    (cut_off_project.root / "open").unlink()
    running = cut_off_project.begin_run()
    cut_off_project.at_gate(count=2)
    moved = Damaged(cut_off_project.root.rename(cut_off_project.root.with_name("moved")))
    until_it_ends(moved.root)
    for session in moved.at_gate(count=2):
        (session.workspace / "gate").open("wb").close()
        (session.workspace / "gate").unlink()
    for _ in running._read():
        pass
    assert running.process.wait() == 4
    told = next(moved.root.glob(".stderr-*")).read_text()
    assert "deleted or moved away while it was worked with" in told and "Traceback" not in told
    moved.again()


def test_a_store_that_was_restored_from_an_older_copy_is_named_and_catches_up(cut_off_project: Damaged) -> None:
    older = {path: path.read_bytes() for path in (cut_off_project.store, cut_off_project.log)}
    cut_off_project.run()
    for path, content in older.items():
        path.write_bytes(content)
    assert "it is older than its main files (small/demo phase 3)" in cut_off_project.findings()
    assert "doctor --repair" in cut_off_project.refused()
    cut_off_project.repair()
    assert cut_off_project.again() == []


@pytest.fixture
def read_only(finished: Damaged) -> Iterator[Damaged]:
    """The project as it is seen where it cannot be written."""
    view = finished.root.with_name("read-only")
    view.mkdir()
    mounted = subprocess.run(["mount", "--bind", "-o", "ro", finished.root, view], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.decode().strip()}")
    yield Damaged(view)
    subprocess.run(["umount", view], check=True)


def test_a_project_that_cannot_be_written_can_be_looked_at_and_nothing_else(read_only: Damaged) -> None:
    assert "failure project: vfs cannot be written" in read_only.findings()
    assert "completed" in read_only.done("status").out
    assert "completed" in read_only.done("jobs").out
    assert "completed" in read_only.done("logs").out
    for words in (("run", "small", TARGET), ("start", "small", TARGET), ("doctor", "--repair")):
        assert "`supervisor doctor`" in ended_badly(read_only.cli(*words))


GONE_UNDER_WAY = {
    "its workspace": "import shutil\nif session == 1:\n    shutil.rmtree(here)\nelse:\n    write(answers())\n",
    "its folder": "import shutil\nif session == 1:\n    shutil.rmtree(here.parent)\nelse:\n    write(answers())\n",
    "all sessions": "import shutil\nif session == 1:\n    print('x', flush=True)\n    shutil.rmtree(here.parents[1])\n"
    "    print('y', flush=True)\nelse:\n    write(answers())\n",
}


@pytest.mark.parametrize("agent", GONE_UNDER_WAY.values(), ids=GONE_UNDER_WAY)
def test_a_session_whose_folder_is_deleted_under_way_is_an_attempt_that_failed(small: Small, agent: str) -> None:
    small.lay_out(numbered(2), agent=agent, settings={"concurrency": 1})
    ended = small.run()
    assert small.main() == said(numbered(2))
    assert "Traceback" not in ended.err
    assert "no_workspace" in small.progress
    assert small.status()["sessions"] == 2


def test_with_its_state_deleted_under_way_a_run_ends_with_a_word_and_what_its_main_files_have_is_not_done_again(
    small: Small,
) -> None:
    small.lay_out(
        numbered(4),
        agent="if batch == 2 and session == 1:\n    wait_at('gate')\nwrite(answers())\n",
        settings={"concurrency": 2},
    )
    running = small.begin_run()
    small.at_gate()
    until(lambda: small.path().exists() and len(small.main()) == 2, "the main file")
    small.state.rename(small.root / "away")
    (gate,) = small.root.glob("away/sessions/*/workspace/gate")
    gate.open("wb").close()
    assert running.end() == 4
    assert "deleted or moved away" in running.err and "`supervisor doctor --repair` makes it again" in running.err
    assert "Traceback" not in running.err
    small.write("agents/plain.py", (small.root / "agents/plain.py").read_text().replace("    wait_at('gate')", "    1"))
    small.done("doctor", "--repair")
    small.run()
    assert small.main() == said(numbered(4))
    assert [item for each in small.sessions() for item in each.asked] == ["i03", "i04"]
