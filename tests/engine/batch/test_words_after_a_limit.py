"""A program that goes on to print after it said that it is limited is limited all the same."""

from __future__ import annotations

import sys

from tests.support.limited_agents import let_through
from tests.support.scripted_project import AGENT_BEGINS, Small, numbered, said

PRINTS = """
def tell(event):
    print(json.dumps(event), flush=True)


if not (here.parents[4] / "over").exists():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    write(answers())
    tell({"type": "turn.failed", "error": {"message": "You've hit your usage limit."}})
    mark("limited")
    while True:
        tell({"type": "item.completed", "item": {"type": "agent_message", "text": "done"}})
        time.sleep(0.01)
write(answers())
tell({"type": "turn.completed", "usage": {"input_tokens": 5, "output_tokens": 5}})
"""


def test_codex_that_prints_on_after_its_limit_pauses_and_its_job_goes_on(small: Small) -> None:
    small.lay_out(numbered(2))
    small.write("agents/codex", f"#!{sys.executable} -IS\n{AGENT_BEGINS}{PRINTS}")
    (small.root / "agents/codex").chmod(0o755)
    settings = 'agent = "codex"\nsandbox = "workspace"\n[agents.codex]\nprogram = "agents/codex"\n'
    small.write(
        "supervisor.toml",
        settings + 'args = ["--dangerously-bypass-approvals-and-sandbox"]\nenv = { CODEX_API_KEY = "made-up-key" }\n',
    )
    running = small.begin_run()
    running.line_with("agent codex: paused (usage limit; until when is not known")
    assert running.ask_to_end() == 3
    small.write("over", "")
    let_through(small)
    small.run()
    assert small.main() == said(numbered(2))
