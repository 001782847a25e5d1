"""What only a person can mend is not waited for: the job ends with what is wrong, where, and what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.project_folder import PROGRAM, Running
from tests.support.scripted_project import ANSWER, PIPELINE, TARGET, Small, numbered, open_gate, said

FIRST_WAITS = f"if batch == 1 and session == 1:\n    wait_at('gate')\n{ANSWER}"


def without_rights_of_root() -> list[str]:
    """Words that start a command for which the modes of files hold, also where it is root's."""
    if os.getuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("modes of files do not hold for root, and there is no setpriv")
    return [setpriv, "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]


def take_rights(folder: Path) -> Callable[[], None]:
    folder.chmod(0o500)
    return lambda: folder.chmod(0o700)


def put_a_file_there(folder: Path) -> Callable[[], None]:
    away = folder.with_name("away")
    folder.rename(away)
    folder.touch()

    def back() -> None:
        folder.unlink()
        away.rename(folder)

    return back


@pytest.mark.parametrize(
    ("what", "change", "said_of_it"),
    [
        (".supervisor/sessions", take_rights, "`chown` or `chmod`"),
        (".supervisor/sessions", put_a_file_there, "move it away"),
        ("made/demo", take_rights, "`chown` or `chmod`"),
    ],
    ids=["sessions_without_rights", "file_for_sessions", "results_without_rights"],
)
def test_a_fault_that_lasts_ends_the_job(
    small: Small, what: str, change: Callable[[Path], Callable[[], None]], said_of_it: str
) -> None:
    small.lay_out(numbered(4), agent=FIRST_WAITS, settings={"concurrency": 1})
    words = [*without_rights_of_root(), *PROGRAM, "run", PIPELINE, TARGET]
    running = Running(words, small.root, small.environment())
    (session,) = small.at_gate()
    mend = change(small.root / "vfs" / what)
    try:
        if session.folder.exists():
            open_gate(session)
        else:
            (gate,) = small.state.glob("away/*/workspace/gate")
            gate.open("wb").close()
        assert running.end() == 4, running.err
    finally:
        mend()
    assert what.split("/")[1] in running.err and said_of_it in running.err
    assert "what is done is kept" in running.err
    assert "Traceback" not in running.err
    assert small.job_status() == "stopped"
    small.run()
    assert small.main() == said(numbered(4))
