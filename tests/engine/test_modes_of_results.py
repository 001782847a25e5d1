"""Whoever may read or write a project's results is for the umask and the person to say."""

from __future__ import annotations

import os
import stat
import subprocess

import pytest

from tests.support.project_folder import PROGRAM
from tests.support.scripted_project import TARGET, Small, numbered, said
from tests.support.waiting import PATIENCE_S


@pytest.mark.parametrize(("mask", "mode"), [("077", 0o600), ("002", 0o664)])
def test_what_is_made_for_a_person_has_the_mode_that_the_umask_gives(small: Small, mask: str, mode: int) -> None:
    small.lay_out(numbered(2))
    line = f"umask {mask}; exec {' '.join(PROGRAM)}"
    for words in (f"run small {TARGET}", "report 1", "export 1 -o exported.json", "init new"):
        subprocess.run(
            ["sh", "-c", f"{line} {words}"], cwd=small.root, env=small.environment(), timeout=PATIENCE_S, check=True
        )
    made = [path for path in [*small.folder.iterdir(), *(small.root / "new").rglob("*")] if path.is_file()]
    made.append(small.root / "exported.json")
    assert {"out_1.json", "out_1.json.lock", "progress.log", "supervisor.toml"} <= {path.name for path in made}
    assert {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in made} == {p.name: oct(mode) for p in made}
    assert stat.S_IMODE((small.root / "new" / "agents").stat().st_mode) == mode | 0o100 | (mode >> 2 & 0o010) | (
        0o001 if mode & 0o004 else 0
    )
    assert {stat.S_IMODE(each.folder.stat().st_mode) for each in small.sessions()} == {0o700}


def test_a_main_file_that_is_a_link_stays_one_and_keeps_its_mode(small: Small) -> None:
    small.lay_out(numbered(2))
    far = small.root / "far.json"
    far.write_text("{}", encoding="utf-8")
    far.chmod(0o640)
    small.folder.mkdir(parents=True)
    small.path().symlink_to("../../../far.json")
    small.run()
    assert os.readlink(small.path()) == "../../../far.json"
    assert stat.S_IMODE(far.stat().st_mode) == 0o640
    assert small.main() == said(numbered(2))
    small.write_items(numbered(3))
    small.run()
    assert small.main() == said(numbered(3))
    assert os.readlink(small.path()) == "../../../far.json"
