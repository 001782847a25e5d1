"""Which sandbox a session gets: the strongest that works, or the one that is asked for, or the job does not begin."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from supervisor.errors import AgentError
from supervisor.executors.local.sandbox import sandbox_level
from supervisor.executors.local.sandbox.bubblewrap import why_no_bubblewrap
from supervisor.executors.local.sandbox.sandbox_level import why_no_landlock
from supervisor.model.isolation import Isolation
from tests.support.sandboxes import needs_landlock, path_without_bubblewrap
from tests.support.scripted_project import Small, numbered, said

BOXED = {"sandbox": "bubblewrap"}


def test_without_what_it_needs_the_job_does_not_begin(boxed: Small, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "bwrap").symlink_to(shutil.which("bwrap") or "")
    (tools / "true").symlink_to(shutil.which("true") or "")
    boxed.lay_out(numbered(1), settings={"network": ["example.org"]})
    ended = boxed.cli("run", "small", "demo", "--sandbox", "bubblewrap", PATH=str(tools))
    assert ended.status == 4
    assert "a network of named hosts needs srt and rg and socat" in ended.err
    assert "@anthropic-ai/sandbox-runtime" in ended.err


def test_a_session_works_in_it_and_the_log_says_so(boxed: Small) -> None:
    boxed.lay_out(numbered(4), settings=BOXED)
    ended = boxed.run()
    assert boxed.main() == said(numbered(4))
    assert "sandbox bubblewrap" in ended.out


def test_the_strongest_level_that_works_is_taken_by_itself(small: Small) -> None:
    small.lay_out(numbered(2), settings={"sandbox": "auto"})
    level = "bubblewrap" if not why_no_bubblewrap() else "landlock" if not why_no_landlock() else "workspace"
    assert f"sandbox {level} (keeps apart " in small.run().out


def test_where_it_was_asked_for_and_is_not_there_the_job_does_not_begin(small: Small, tmp_path: Path) -> None:
    tools = path_without_bubblewrap(tmp_path / "tools")
    small.lay_out(numbered(2), settings=BOXED)
    ended = small.cli("run", "small", "demo", PATH=tools)
    assert ended.status == 4
    assert "bubblewrap is not installed" in ended.err and "apt install bubblewrap" in ended.err
    assert not small.sessions()
    found = small.cli("doctor", PATH=tools).out
    assert "FAIL  sandbox: bubblewrap is not installed" in found


def test_an_agent_or_a_job_may_have_another_level(boxed: Small) -> None:
    boxed.lay_out(numbered(2), settings=BOXED, agent_settings={"sandbox": "workspace"})
    assert "sandbox workspace" in boxed.run().out
    assert "sandbox bubblewrap" in boxed.done("run", "small", "other", "--sandbox", "bubblewrap").out
    refused = boxed.run("--sandbox", "strong", status=2).err
    assert "--sandbox: has to be 'auto' or 'workspace' or 'bubblewrap' or 'landlock' or 'required'" in refused


def test_a_network_of_named_hosts_needs_the_sandbox(small: Small) -> None:
    small.lay_out(numbered(2), settings={"sandbox": "workspace", "network": "none"})
    ended = small.run(status=4)
    assert "network = 'none' needs the sandbox bubblewrap" in ended.err


@needs_landlock
@pytest.mark.parametrize("choice", ["auto", "required"])
def test_without_bubblewrap_sessions_are_kept_apart_by_landlock(small: Small, tmp_path: Path, choice: str) -> None:
    agent = (
        "found = {}\n"
        "try:\n    open(os.environ['SUPERVISOR_PROJECT'] + '/supervisor.toml')\n    found['read'] = True\n"
        "except OSError:\n    found['read'] = False\n"
        "write({i: found for i in items})\n"
    )
    small.lay_out(numbered(1), agent=agent, settings={"sandbox": choice})
    tools = path_without_bubblewrap(tmp_path / "tools")
    ended = small.cli("run", "small", "demo", PATH=tools)
    assert ended.status == 0, ended.err
    assert small.main() == {"i01": {"read": False}}
    first = small.progress.splitlines()[0]
    assert "sandbox landlock (keeps apart files" in first and "`apt install bubblewrap` keeps apart more" in first
    found = small.cli("doctor", PATH=tools).out
    assert "ok    sandbox: landlock (keeps apart files" in found and "`apt install bubblewrap`" in found


def nothing_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_level, "why_no_bubblewrap", lambda: "bubblewrap is not installed")
    monkeypatch.setattr(sandbox_level, "landlock_version", lambda: 0)
    monkeypatch.setattr(sandbox_level.shutil, "which", lambda name: None)


def test_where_nothing_works_one_line_warns_and_names_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_works(monkeypatch)
    asked = Isolation(sandbox="auto")
    assert sandbox_level.level_for(asked) == "workspace"
    said = sandbox_level.warning(asked)
    assert "\n" not in said and "this kernel has no Landlock" in said and "`apt install bubblewrap`" in said
    assert "not files, processes, network" in sandbox_level.described(asked)


def test_where_nothing_works_a_level_that_is_required_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_works(monkeypatch)
    with pytest.raises(AgentError, match="nothing here keeps sessions apart") as refused:
        sandbox_level.level_for(Isolation(sandbox="required"))
    assert "apt install bubblewrap" in refused.value.remedy
    with pytest.raises(AgentError, match="no Landlock"):
        sandbox_level.level_for(Isolation(sandbox="landlock"))


@pytest.mark.parametrize(
    ("version", "apart", "not_apart"),
    [
        (1, "files;", "signals, abstract sockets, sockets by path, emptying of files by name, network"),
        (3, "files;", "signals, abstract sockets, sockets by path, network"),
        (6, "files, signals, abstract sockets;", "sockets by path, network"),
        (9, "files, signals, abstract sockets, sockets by path;", "network, list of processes"),
    ],
)
def test_what_landlock_keeps_apart_is_told_by_its_version(
    monkeypatch: pytest.MonkeyPatch, version: int, apart: str, not_apart: str
) -> None:
    nothing_works(monkeypatch)
    monkeypatch.setattr(sandbox_level, "landlock_version", lambda: version)
    text = sandbox_level.described(Isolation(sandbox="landlock"))
    assert text.startswith(f"landlock (keeps apart {apart} not {not_apart}")
