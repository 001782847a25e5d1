"""Many sessions that start at the same moment."""

from __future__ import annotations

from tests.support.scripted_project import Small, numbered, said


def test_many_sessions_that_start_at_once_with_much_to_tell_their_spawner_all_start(small: Small) -> None:
    small.lay_out(numbered(32), phases=[{"batch_size": 1}], settings={"concurrency": 32})
    settings = small.root / "supervisor.toml"
    settings.write_text(settings.read_text().replace("[agents.plain]\n", '[agents.plain]\npass_env = ["LONG"]\n'))
    running = small.begin("run", "small", "demo", LONG="x" * 100_000)
    assert running.end() == 0, "\n".join(running.lines[-3:]) + running.err
    assert small.main() == said(numbered(32))
    assert len(small.sessions()) == 32
