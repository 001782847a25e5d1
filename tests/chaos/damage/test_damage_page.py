"""The page on damage shows what is printed, and quotes what is said."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.support.repository_content import REPOSITORY

PAGE = (REPOSITORY / "docs" / "damage.md").read_text(encoding="utf-8")
SUPERVISOR = f"{sys.executable} -m supervisor"


def blocks(kind: str) -> list[str]:
    """The lines of the blocks of a kind."""
    found = re.findall(rf"^```{kind}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    return [line for block in found for line in block.splitlines()]


def without_times(text: str) -> str:
    return re.sub(r"\d+\.\d+ s\b", "… s", text)


def test_its_commands_mend_a_lost_store_and_print_what_it_shows(tmp_path: Path) -> None:
    project = tmp_path / "project"

    def bash(script: str) -> str:
        return subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    bash(f"{SUPERVISOR} init project && cd project && {SUPERVISOR} run facts demo")
    main_file = project / "vfs/facts/demo/facts.json"
    before = main_file.read_bytes()
    (project / "vfs/.supervisor/store.sqlite").unlink()
    commands = [line.replace("supervisor", SUPERVISOR, 1) for line in blocks("sh")]
    printed = without_times(bash("cd project\n" + "\n".join(commands))).splitlines()
    shown = [without_times(line) for line in blocks("text")]
    assert len(commands) == 3 and len(shown) == 5
    assert [line for line in shown if line not in printed] == []
    assert main_file.read_bytes() == before


def test_what_it_quotes_is_what_doctor_says() -> None:
    source = "".join(
        (REPOSITORY / "supervisor" / name).read_text(encoding="utf-8")
        for name in ("project/store_guard.py", "project/store_damage.py", "doctor/state_checks.py")
    )
    rows = [line.split("|") for line in PAGE.splitlines() if line.startswith("| ")][1:]
    quoted = [words for row in rows for words in re.findall(r"`([^`]+)`", row[2])]
    assert len(quoted) > 8
    sqlite = ["malformed"]
    assert [words for words in quoted if words.removesuffix(" …") not in source and words not in sqlite] == []
