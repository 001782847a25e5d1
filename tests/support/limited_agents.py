"""Agents that say that they are limited, until the file `over` says that it is over."""

from __future__ import annotations

import sqlite3
import time

from tests.support.scripted_project import Small

LIMITED_ONCE = """
def limited(until=None):
    '''Say that it is limited, unless the project's folder says that it is over.'''
    print(json.dumps({"type": "supervisor_limit", "message": "the plan is used up", "until": until}), flush=True)
    time.sleep(100000)


over = Path(os.environ["SUPERVISOR_PROJECT"]) / "over"
"""
NOT_SAID = LIMITED_ONCE + "if not over.exists():\n    limited()\n"


def gate(small: Small) -> dict[str, object] | None:
    return next(iter(small.rows("SELECT * FROM agent_cooldowns")), None)


def let_through(small: Small) -> None:
    """Move the time of the next try to now, as if the pause were over."""
    connection = sqlite3.connect(small.state / "store.sqlite", timeout=30)
    with connection:
        connection.execute("UPDATE agent_cooldowns SET next_probe_at = ?", (time.time(),))
    connection.close()
