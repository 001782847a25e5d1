"""Every agent in Landlock, which hides nothing and closes all but its own files."""

from __future__ import annotations

from tests.external.real_agents.agent_clis import Cli, Squares
from tests.support.model_server.server import ModelServer
from tests.support.sandboxes import needs_landlock


@needs_landlock
def test_an_agent_does_its_work_in_landlock(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.agent(cli, server, sandbox="landlock")
    ended = squares.run()
    assert squares.made == squares.right
    assert "sandbox landlock" in ended.out
