"""A network of named hosts, kept by Anthropic's sandbox runtime; left out where it is not installed."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.scripted_project import Small, numbered

CLIS = os.environ.get("SUPERVISOR_TEST_CLIS")
FETCH = """
import urllib.request
def fetch(port):
    '''The status of a page, by the proxy that the environment names, or without it.'''
    proxy = os.environ.get('HTTP_PROXY') or os.environ.get('http_proxy')
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({'http': proxy} if proxy else {}))
    os.environ['no_proxy'] = os.environ['NO_PROXY'] = ''
    try:
        return opener.open(f'http://127.0.0.1:{port}/', timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None
def directly(port):
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return opener.open(f'http://127.0.0.1:{port}/', timeout=10).status
    except OSError:
        return None
"""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _Page) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield servers[0].server_port, servers[1].server_port
    for server in servers:
        server.shutdown()
        server.server_close()


def test_named_hosts_are_reached_and_no_others(boxed: Small, ports: tuple[int, int]) -> None:
    tools = f"{Path(CLIS) / 'node_modules/.bin'}:{os.environ['PATH']}" if CLIS else os.environ["PATH"]
    missing = [name for name in ("srt", "rg", "socat") if shutil.which(name, path=tools) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    allowed, other = ports
    agent = (
        FETCH + f"found = {{'allowed': fetch({allowed}), 'other': fetch({other}), 'directly': directly({allowed})}}\n"
        "write({i: found for i in items})\n"
    )
    boxed.lay_out(numbered(1), agent=agent, settings={"sandbox": "bubblewrap", "network": [f"127.0.0.1:{allowed}"]})
    running = boxed.begin("run", "small", "demo", PATH=tools)
    assert running.end() == 0, "\n".join([*running.lines, running.err])
    assert boxed.main()["i01"] == {"allowed": 200, "other": 403, "directly": None}
