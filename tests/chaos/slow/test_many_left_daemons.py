"""A thousand sessions that each try to leave a daemon leave none."""

from __future__ import annotations

import os

import pytest

from tests.support import processes
from tests.support.sandboxes import LEVELS
from tests.support.scripted_project import Small

SESSIONS = 1000
NAP = f"{10**6 + os.getpid()}"
"""Seconds that no other process sleeps."""
LEAVES_A_DAEMON = """\
#!/bin/sh
# Another session, no parent, no terminal, deaf to what asks it to end; every second one also hides whose it is.
i=$(sed -n 's/.*"items":{"\\([^"]*\\)".*/\\1/p' "$SUPERVISOR_INPUT_FILE")
deaf="trap '' TERM HUP INT; exec sleep {nap}"
case $i in
*[02468]) (setsid sh -c "$deaf" >/dev/null 2>&1 </dev/null &) ;;
*) (cd / && env -i PATH="$PATH" setsid sh -c "$deaf" >/dev/null 2>&1 </dev/null &) ;;
esac
printf '{"%s": {"said": 1}}' "$i" > "$SUPERVISOR_OUTPUT_FILE"
"""


@pytest.mark.parametrize("level", LEVELS)
def test_a_thousand_daemons_end_with_their_sessions(small: Small, level: str) -> None:
    small.lay_out(
        {f"i{n:04}": {} for n in range(SESSIONS)},
        settings={"sandbox": level, "concurrency": 16},
        phases=[{"batch_size": 1}],
    )
    small.write("agents/leaves.sh", LEAVES_A_DAEMON.replace("{nap}", NAP))
    text = (small.root / "supervisor.toml").read_text()
    small.write("supervisor.toml", f'{text}\n[agents.leaves]\ncommand = ["sh", "{{project}}/agents/leaves.sh"]\n')
    running = small.begin_run("--agent", "leaves")
    assert running.end() == 0, running.lines[-20:]
    assert len(small.main()) == SESSIONS
    assert processes.named(NAP) == []
