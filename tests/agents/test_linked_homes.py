"""A session that puts links into its own home, to have the user's files read, written or deleted from outside."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from supervisor.agents.claude.claude_driver import ClaudeDriver
from supervisor.agents.codex.codex_driver import CodexDriver
from supervisor.agents.credentials import Credentials
from supervisor.agents.gemini.gemini_driver import GeminiDriver
from supervisor.agents.opencode.opencode_driver import OpencodeDriver
from supervisor.project.project_settings import AgentSettings
from tests.agents.session_setup import make_driver

SIGN_INS = {kind.kind: kind.sign_in for kind in (ClaudeDriver, CodexDriver, GeminiDriver, OpencodeDriver)}
PARTS = [
    pytest.param(sign_in, depth, id=f"{kind}, part {depth + 1}")
    for kind, sign_in in SIGN_INS.items()
    for depth in range(len(Path(sign_in.files[0]).parts))
]


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's home."""
    home = tmp_path / "user"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME"):
        monkeypatch.delenv(name, raising=False)
    return home


def sign_in_file(path: Path, token: str, seconds: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"token": token}))
    os.utime(path, (seconds, seconds))
    return path


def replace_by_link(home: Path, name: str, depth: int, target: Path) -> None:
    """Put a link to a part of `target` into the place of that part of the session's own path."""
    parts = Path(name).parts[: depth + 1]
    place = home.joinpath(*parts)
    if place.exists() or place.is_symlink():
        place.rename(home / "aside")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target.joinpath(*parts))


@pytest.mark.parametrize("boxed", [False, True], ids=["open", "boxed"])
@pytest.mark.parametrize(("sign_in", "depth"), PARTS)
def test_the_user_s_sign_in_stays_where_a_part_of_its_path_leads_there(
    sign_in: Credentials, depth: int, boxed: bool, tmp_path: Path, user: Path
) -> None:
    (name,) = sign_in.files
    real = sign_in_file(user / name, "the user's", 1000)
    sign_in.lend(tmp_path / "home", boxed=boxed)
    replace_by_link(tmp_path / "home", name, depth, user)
    before = (real.read_bytes(), real.stat().st_ino)
    sign_in.reclaim(tmp_path / "home")
    assert (real.read_bytes(), real.stat().st_ino) == before


@pytest.mark.parametrize(("sign_in", "depth"), PARTS)
def test_a_file_that_a_part_of_its_path_leads_to_is_neither_taken_nor_deleted(
    sign_in: Credentials, depth: int, tmp_path: Path, user: Path
) -> None:
    (name,) = sign_in.files
    real = sign_in_file(user / name, "the user's", 1000)
    other = sign_in_file(tmp_path / "another" / name, "another's", 2000)
    sign_in.lend(tmp_path / "home")
    replace_by_link(tmp_path / "home", name, depth, tmp_path / "another")
    sign_in.reclaim(tmp_path / "home")
    assert "the user's" in real.read_text() and "another's" in other.read_text()


@pytest.mark.parametrize("sign_in", SIGN_INS.values(), ids=SIGN_INS)
def test_a_second_name_of_the_user_s_file_changes_nothing(sign_in: Credentials, tmp_path: Path, user: Path) -> None:
    (name,) = sign_in.files
    real = sign_in_file(user / name, "the user's", 1000)
    sign_in.lend(tmp_path / "home")
    (tmp_path / "home" / name).unlink()
    os.link(real, tmp_path / "home" / name)
    before = (real.read_bytes(), real.stat().st_ino)
    sign_in.reclaim(tmp_path / "home")
    assert (real.read_bytes(), real.stat().st_ino) == before


@pytest.mark.parametrize("kind", ["claude", "codex"])
def test_links_in_the_folder_that_sessions_share_lead_nowhere(kind: str, tmp_path: Path, user: Path) -> None:
    """Nothing is emptied that a lock's name leads to, nor taken what the copy's name leads to."""
    sign_in = SIGN_INS[kind]
    (name,) = sign_in.files
    real = sign_in_file(user / name, "the user's", 1000)
    other = sign_in_file(tmp_path / "another", "another's", 2000)
    sign_in.lend(tmp_path / "home", boxed=True)
    (shared,) = sign_in.lent()
    for place in (shared / real.name, shared / f"{real.name}.lock"):
        place.unlink(missing_ok=True)
        place.symlink_to(other)
    sign_in.reclaim(tmp_path / "home")
    sign_in.lend(tmp_path / "next", boxed=True)
    assert "the user's" in real.read_text() and "another's" in other.read_text()
    assert not (shared / real.name).is_symlink() and "the user's" in (shared / real.name).read_text()


@pytest.mark.parametrize("kind", ["claude", "codex"])
def test_a_folder_in_the_place_of_the_copy_keeps_no_later_session_from_its_sign_in(
    kind: str, tmp_path: Path, user: Path
) -> None:
    sign_in = SIGN_INS[kind]
    real = sign_in_file(user / sign_in.files[0], "the user's", 1000)
    sign_in.lend(tmp_path / "home", boxed=True)
    (shared,) = sign_in.lent()
    (shared / real.name).unlink()
    (shared / real.name / "full").mkdir(parents=True)
    sign_in.reclaim(tmp_path / "home")
    sign_in.lend(tmp_path / "next", boxed=True)
    assert "the user's" in (shared / real.name).read_text()


# Records --------------------------------------------------------------------------------------------------------------


PRIVATE = "the user's private words"
ANSWER = {"content": [{"type": "text", "text": PRIVATE}], "id": "m", "usage": {"output_tokens": 5}}
RECORDS = {
    "claude": (".claude/projects/-s/1.jsonl", {"type": "assistant", "message": ANSWER}),
    "codex": (
        ".codex/sessions/2026/11/21/rollout-1.jsonl",
        {"type": "turn_context", "payload": {"model": PRIVATE}},
    ),
    "gemini": (
        ".gemini/tmp/workspace/chats/1.jsonl",
        {"id": "a", "type": "gemini", "model": PRIVATE, "tokens": {"input": 1, "output": 1, "total": 2}},
    ),
}
RECORD_PARTS = [
    pytest.param(kind, depth, id=f"{kind}, part {depth + 1}")
    for kind, (name, _) in RECORDS.items()
    for depth in range(len(Path(name).parts))
]


def heard_of(kind: str, home: Path, root: Path) -> str:
    """All that a driver's parser takes from a home."""
    interactive = AgentSettings(mode="interactive" if kind == "claude" else "headless")
    drivers = {"claude": ClaudeDriver, "codex": CodexDriver, "gemini": GeminiDriver}
    driver = make_driver(drivers[kind], root, interactive)
    parser = driver.parser()
    driver.parse_files(home, parser)
    return repr(parser.heard)


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_is_heard_where_it_is_the_session_s_own(kind: str, tmp_path: Path, user: Path) -> None:
    name, line = RECORDS[kind]
    (tmp_path / "home" / name).parent.mkdir(parents=True)
    (tmp_path / "home" / name).write_text(json.dumps(line) + "\n")
    assert PRIVATE in heard_of(kind, tmp_path / "home", tmp_path)


@pytest.mark.parametrize(("kind", "depth"), RECORD_PARTS)
def test_a_record_of_the_user_s_is_not_heard_through_a_link(kind: str, depth: int, tmp_path: Path, user: Path) -> None:
    name, line = RECORDS[kind]
    (user / name).parent.mkdir(parents=True)
    (user / name).write_text(json.dumps(line) + "\n")
    replace_by_link(tmp_path / "home", name, depth, user)
    assert PRIVATE not in heard_of(kind, tmp_path / "home", tmp_path)
