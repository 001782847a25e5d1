"""Clients that send too much, too slowly, or nothing that is HTTP: told so, and nobody else is kept waiting."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import httpx
import psutil
import pytest

from tests.service.raw_connection import connect, head, rest, told
from tests.support.served_project import AS_OFTEN_AS_IT_LIKES, GOOD, Served, ended
from tests.support.waiting import until

MOST = 4096
SLOW = 1000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service that takes little, and does not wait long."""
    settings = f"{AS_OFTEN_AS_IT_LIKES}max_body_bytes = {MOST}\nrequest_timeout = 1.0\n"
    with Served(tmp_path_factory.mktemp("project"), settings) as found:
        yield found


def test_a_body_of_100_mb_is_refused_before_it_is_sent(served: Served) -> None:
    with connect(served) as connection:
        connection.sendall(head(served, "Content-Length: 100000000") + b"\r\n")
        answer = rest(connection)
    assert answer is not None and answer.status == 413
    assert "4,096 bytes" in answer.problem()["detail"]


def test_who_sends_100_mb_without_looking_sees_the_answer_all_the_same(served: Served) -> None:
    assert served.process is not None
    service = psutil.Process(served.process.pid)
    before = service.memory_info().rss
    with served.client() as client:
        for content in (b"x" * 100_000_000, (b"x" * 1_000_000 for _ in range(100))):
            try:
                answer = client.post("/api/v1/workflow", content=content)
            except httpx.WriteError:  # cut off after it was answered
                continue
            assert answer.status_code == 413
        assert client.get("/healthz").status_code == 200
    assert service.memory_info().rss - before < 50_000_000


def test_a_body_without_a_length_is_refused_when_it_is_too_long(served: Served) -> None:
    with connect(served) as connection:
        connection.sendall(head(served, "Transfer-Encoding: chunked") + b"\r\n")
        piece = b'400\r\n{"a": "' + b"x" * (0x400 - 7) + b"\r\n"
        connection.sendall(piece * (MOST // 0x400 + 1))
        answer = rest(connection)
    assert answer is not None and answer.status == 413 and answer.problem()


@pytest.mark.parametrize("beginning", [b"", b'{"workflow_name": '])
def test_a_body_that_does_not_come_is_not_waited_for(served: Served, beginning: bytes) -> None:
    with connect(served) as connection:
        connection.sendall(head(served, "Content-Length: 100") + b"\r\n" + beginning)
        answer = rest(connection)
    assert answer is not None and answer.status == 408
    assert "body did not come within 1 s" in answer.problem()["detail"]


def test_headers_that_do_not_come_are_not_waited_for(served: Served) -> None:
    with connect(served) as connection:
        connection.sendall(head(served))
        answer = rest(connection)
    assert answer is not None and answer.status == 408
    assert "headers did not come within 1 s" in answer.problem()["detail"]
    with connect(served) as connection:
        assert rest(connection) is None


def test_what_follows_an_answer_is_not_taken_for_ever(served: Served) -> None:
    with connect(served) as connection:
        connection.sendall(head(served, "Transfer-Encoding: chunked", target="/nowhere") + b"\r\n")
        connection.settimeout(0.05)

        def cut_off() -> bool:
            try:
                connection.sendall(b"1\r\nx\r\n" * 1000)
                return not connection.recv(1 << 16)
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        until(cut_off, "it is cut off")


def test_a_thousand_connections_whose_headers_trickle_keep_nobody_waiting(served: Served) -> None:
    assert served.process is not None
    service = psutil.Process(served.process.pid)
    with contextlib.ExitStack() as stack, served.client() as client:
        slow = [stack.enter_context(connect(served)) for _ in range(SLOW)]
        for connection in slow:
            connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        assert ended(client, client.post("/api/v1/workflow", json=GOOD).json()["job_id"])["status"] == "completed"

        def all_ended() -> bool:
            for connection in slow:
                with contextlib.suppress(OSError):
                    connection.send(b"X-More: 1\r\n")
            client.get("/healthz").raise_for_status()
            return service.num_fds() < SLOW // 2

        until(all_ended, "all are ended")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: localhost\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX Y: 1\r\n\r\n",
        b"POST /api/v1/workflow HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v1/workflow HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST /api/v1/workflow HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=[
        *("TLS", "words", "no host", "NUL", "two hosts", "a space"),
        *("negative length", "two lengths", "no chunk"),
    ],
)
def test_what_is_not_http_is_a_problem(served: Served, request_bytes: bytes) -> None:
    answer = told(served, request_bytes)
    assert answer is not None and answer.status == 400 and answer.problem()
    with served.client() as client:
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("header", [b"X: " + b"y" * 1_000_000 + b"\r\n", b"X: y\r\n" * 200_000], ids=["long", "many"])
def test_headers_of_a_megabyte_are_not_taken(served: Served, header: bytes) -> None:
    with contextlib.suppress(ConnectionError):  # cut off after it was answered
        answer = told(served, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n" + header + b"\r\n")
        assert answer is not None and answer.status == 400 and answer.problem()
    with served.client() as client:
        assert client.get("/healthz").status_code == 200


def test_bytes_at_random_do_no_harm(served: Served) -> None:
    for _ in range(200):
        with contextlib.suppress(ConnectionError):
            answer = told(served, os.urandom(200) + b"\r\n\r\n")
            assert answer is None or answer.status == 400
    with served.client() as client:
        assert client.get("/healthz").status_code == 200
    assert not served.log, served.log


def test_thousands_of_headers_that_fit_are_taken(served: Served) -> None:
    answer = told(
        served, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + b"X: y\r\n" * 5000 + b"\r\n"
    )
    assert answer is not None and answer.status == 200


@pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1.attacker.example", "10.0.0.1:8321", ""])
def test_a_page_that_had_its_name_lead_here_gets_nothing(served: Served, host: str) -> None:
    """DNS rebinding: to the browser it is the attacker's own site."""
    answer = told(
        served, head(served, f"Host: {host}", "Connection: close", target="/api/v1/jobs", method="GET") + b"\r\n"
    )
    assert answer is not None and answer.status == 400 and answer.problem()
