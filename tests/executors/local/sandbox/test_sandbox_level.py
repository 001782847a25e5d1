"""Which sandbox a session gets: the strongest that works, or the one that is asked for, or the job does not begin."""

from __future__ import annotations

import shutil
from pathlib import Path

from supervisor.executors.local.sandbox.bubblewrap import why_no_bubblewrap
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
    level = "workspace" if why_no_bubblewrap() else "bubblewrap"
    assert f"sandbox {level}" in small.run().out


def test_where_it_was_asked_for_and_is_not_there_the_job_does_not_begin(small: Small, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "env"):
        (tools / name).symlink_to(shutil.which(name) or "")
    small.lay_out(numbered(2), settings=BOXED)
    ended = small.cli("run", "small", "demo", PATH=str(tools))
    assert ended.status == 4
    assert "bubblewrap is not installed" in ended.err and "apt install bubblewrap" in ended.err
    assert not small.sessions()
    found = small.cli("doctor", PATH=str(tools)).out
    assert "sandbox: workspace; bubblewrap is not installed" in found


def test_an_agent_or_a_job_may_have_another_level(boxed: Small) -> None:
    boxed.lay_out(numbered(2), settings=BOXED, agent_settings={"sandbox": "workspace"})
    assert "sandbox workspace" in boxed.run().out
    assert "sandbox bubblewrap" in boxed.done("run", "small", "other", "--sandbox", "bubblewrap").out
    assert (
        "sandbox: Input should be 'auto', 'workspace' or 'bubblewrap'" in boxed.run("--sandbox", "strong", status=2).err
    )


def test_a_network_of_named_hosts_needs_the_sandbox(small: Small) -> None:
    small.lay_out(numbered(2), settings={"sandbox": "workspace", "network": "none"})
    ended = small.run(status=4)
    assert "network = 'none' needs the sandbox bubblewrap" in ended.err
