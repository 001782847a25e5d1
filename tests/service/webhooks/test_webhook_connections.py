"""A webhook goes where its URL says and nowhere else, over TLS under the name in the URL."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import httpcore
import pytest
import trustme

from supervisor.service.webhooks.ssrf_network import SsrfSafeNetwork
from supervisor.service.webhooks.webhook_sender import Answer, WebhookSender
from tests.service.webhooks.scripted_network import NAME, PUBLIC, answers
from tests.service.webhooks.webhook_receiver import Receiver
from tests.support.webhook_store import KEY, message


def test_a_receiver_that_is_not_there_is_a_failure_with_the_reason() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{nobody.getsockname()[1]}"
        answer = asyncio.run(WebhookSender(KEY, [place]).send(message(f"http://{place}/")))
    assert answer == Answer("no connection: Connection refused")


def test_a_name_that_there_is_not_is_a_failure_with_the_reason() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    answer = asyncio.run(WebhookSender(KEY, network=SsrfSafeNetwork(resolve=resolve)).send(message(f"https://{NAME}/")))
    assert answer == Answer("its name has no address, or cannot be asked for now")


def test_a_name_server_that_does_not_answer_is_left() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        raise AssertionError

    sender = WebhookSender(KEY, network=SsrfSafeNetwork(resolve=resolve), patience_s=0.1)
    assert asyncio.run(sender.send(message(f"https://{NAME}/"))) == Answer("no answer within 0.1 s")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "https://10.0.0.1/", "https://u:p@a.example/", "gopher://x/"])
def test_a_url_that_is_not_allowed_any_more_is_not_sent_to(url: str) -> None:
    assert asyncio.run(WebhookSender(KEY).send(message(url))).said.startswith("not sent: ")


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with Receiver() as proxy, Receiver() as receiver:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, f"http://{proxy.place}")
            assert (await WebhookSender(KEY, [receiver.place]).send(message(receiver.url))).delivered
            assert (receiver.count, proxy.connections) == (1, 0)

    asyncio.run(story())


class Elsewhere(httpcore.AsyncNetworkBackend):
    """The internet of these tests: whatever address is connected to, the receiver is there."""

    def __init__(self, port: int) -> None:
        self.asked: list[str] = []
        self._port = port

    async def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        self.asked.append(f"{host}:{port}")
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", self._port)


def by_tls(name: str, story: Callable[[Receiver, Elsewhere, ssl.SSLContext], Awaitable[None]]) -> None:
    """Play a story with a receiver that has a certificate for `name`."""
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(name).configure_cert(server)
    authority.configure_trust(client)

    async def play() -> None:
        async with Receiver(tls=server) as receiver:
            await story(receiver, Elsewhere(receiver.port), client)

    asyncio.run(play())


def test_the_checked_address_is_connected_to_under_the_name_of_the_url() -> None:
    async def story(receiver: Receiver, internet: Elsewhere, tls: ssl.SSLContext) -> None:
        sender = WebhookSender(KEY, network=SsrfSafeNetwork(resolve=answers([PUBLIC]), inner=internet), tls=tls)
        assert (await sender.send(message(f"https://{NAME}/hook"))).delivered
        got = await receiver.got()
        assert internet.asked == [f"{PUBLIC}:443"]
        assert (got.headers["host"], got.server_name) == (NAME, NAME)

    by_tls(NAME, story)


def test_a_certificate_of_another_name_is_not_accepted() -> None:
    async def story(receiver: Receiver, internet: Elsewhere, tls: ssl.SSLContext) -> None:
        sender = WebhookSender(KEY, network=SsrfSafeNetwork(resolve=answers([PUBLIC]), inner=internet), tls=tls)
        answer = await sender.send(message(f"https://{NAME}/hook"))
        assert answer.said.startswith("its certificate is not accepted: Hostname mismatch")
        assert receiver.count == 0

    by_tls("other.example.com", story)


def test_a_certificate_of_nobody_known_is_not_accepted() -> None:
    async def story(receiver: Receiver, internet: Elsewhere, tls: ssl.SSLContext) -> None:
        sender = WebhookSender(KEY, network=SsrfSafeNetwork(resolve=answers([PUBLIC]), inner=internet))
        answer = await sender.send(message(f"https://{NAME}/hook"))
        assert answer.said.startswith("its certificate is not accepted: ")
        assert receiver.count == 0

    by_tls(NAME, story)
