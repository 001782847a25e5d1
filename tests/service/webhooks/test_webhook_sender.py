"""A webhook is signed, its answer is understood, and no receiver can hold it up for long."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from supervisor.service.webhooks.webhook_sender import RETRY_AFTER_MOST_S, Answer, WebhookSender
from supervisor.service.webhooks.webhook_signing import webhook_secret
from tests.service.webhooks.webhook_receiver import OK, Answerer, Receiver, status
from tests.support.webhook_store import KEY, OWNER, PAYLOAD, message


def sent(*answers: Answerer, **settings: Any) -> tuple[Answer, Receiver]:
    """What came of one message, and who got it."""

    async def story() -> tuple[Answer, Receiver]:
        async with Receiver(*answers) as receiver:
            return await WebhookSender(KEY, [receiver.place], **settings).send(message(receiver.url)), receiver

    return asyncio.run(story())


def raw(*pieces: bytes, again: bytes = b"", hold: bool = False) -> Answerer:
    """Answer with these bytes, then with more without end, or with nothing more while the connection stays."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
        await writer.drain()
        while again:
            writer.write(again)
            await writer.drain()
        if hold:
            await asyncio.Event().wait()

    return answer


def test_a_message_arrives_with_a_signature_that_the_library_verifies() -> None:
    async def story() -> None:
        async with Receiver(OK, OK) as receiver:
            sender = WebhookSender(KEY, [receiver.place])
            assert await sender.send(message(receiver.url)) == Answer("answered 204 No Content", delivered=True)
            got = await receiver.got()
            assert got.line == "POST /hook HTTP/1.1"
            assert got.headers["host"] == receiver.place
            assert got.headers["content-type"] == "application/json"
            assert got.headers["webhook-id"] == "msg_1"
            assert got.body.decode() == PAYLOAD
            assert got.verified(webhook_secret(KEY, OWNER)) == {"type": "job.completed", "data": {"city": "Zürich"}}
            for other in (webhook_secret(KEY, "bob"), webhook_secret(bytes(32), OWNER)):
                with pytest.raises(WebhookVerificationError):
                    got.verified(other)
            with pytest.raises(WebhookVerificationError):
                got._replace(body=got.body + b" ").verified(webhook_secret(KEY, OWNER))

    asyncio.run(story())


def test_each_try_is_signed_anew_under_the_same_id() -> None:
    clock = iter([1_700_000_000.9, 1_700_000_300.0])

    async def story() -> None:
        async with Receiver() as receiver:
            sender = WebhookSender(KEY, [receiver.place], now=lambda: next(clock))
            for _ in range(2):
                await sender.send(message(receiver.url))
            first, second = [(await receiver.got()).headers for _ in range(2)]
            assert first["webhook-id"] == second["webhook-id"]
            assert (first["webhook-timestamp"], second["webhook-timestamp"]) == ("1700000000", "1700000300")
            assert first["webhook-signature"] != second["webhook-signature"]

    asyncio.run(story())


@pytest.mark.parametrize("line", ["200 OK", "201 Created", "202 Accepted", "299 Fine"])
def test_every_2xx_is_delivered(line: str) -> None:
    assert sent(status(line))[0].delivered


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("400 No", "answered 400 Bad Request"),
        ("404 <script>", "answered 404 Not Found"),
        ("500 secret", "answered 500 Internal Server Error"),
        ("799 secret", "answered 799"),
    ],
)
def test_other_answers_are_failures_and_none_of_their_words_are_kept(line: str, said: str) -> None:
    assert sent(status(line, "X-Secret: secret", body="secret"))[0] == Answer(said)


@pytest.mark.parametrize("line", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_a_failure_and_not_followed(line: str) -> None:
    async def story() -> None:
        async with Receiver() as elsewhere, Receiver(status(line, f"Location: {elsewhere.url}")) as receiver:
            answer = await WebhookSender(KEY, [receiver.place, elsewhere.place]).send(message(receiver.url))
            assert answer.said.endswith("; redirects are not followed")
            assert (answer.delivered, receiver.count, elsewhere.connections) == (False, 1, 0)

    asyncio.run(story())


def test_gone_is_wanted_never_again() -> None:
    assert sent(status("410 Gone"))[0] == Answer("answered 410 Gone", unwanted=True)


NOW = 1_700_000_000.0


def date(at: float) -> str:
    return format_datetime(datetime.fromtimestamp(at, UTC), usegmt=True)


@pytest.mark.parametrize("line", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize(
    ("after", "wait"),
    [
        ("120", 120.0),
        (date(NOW + 90), 90.0),
        (date(NOW - 90), 0.0),
        ("0", 0.0),
        ("999999999", RETRY_AFTER_MOST_S),
        ("9" * 5000, 0.0),
        ("-5", 0.0),
        ("soon", 0.0),
        ("", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", RETRY_AFTER_MOST_S),
        ("Mon, 99 Foo 99999 99:99:99 GMT", 0.0),
    ],
)
def test_a_receiver_that_asks_to_be_left_alone_is_within_bounds(line: str, after: str, wait: float) -> None:
    answer, _ = sent(status(line, f"Retry-After: {after}"), now=lambda: NOW)
    assert (answer.delivered, answer.wait_s) == (False, wait)


def test_retry_after_means_nothing_elsewhere() -> None:
    assert sent(status("500 No", "Retry-After: 120"))[0].wait_s == 0


ENDLESS = b"x" * 4096
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        raw(hold=True),
        raw(b"HTTP/1.1 200", hold=True),
        raw(b"HTTP/1.1 200 OK\r\n", hold=True),
        raw(b"220 mail.example ESMTP\r\n", hold=True),
        raw(again=b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    ],
)
def test_a_receiver_that_does_not_answer_is_left(answer: Answerer) -> None:
    assert sent(answer, patience_s=0.3)[0] == Answer("no answer within 0.3 s")


def test_a_receiver_that_answers_and_does_not_end_is_left_with_what_it_answered() -> None:
    assert sent(raw(b"HTTP/1.1 200 OK\r\n\r\n", hold=True), patience_s=3)[0] == Answer(
        "answered 200 OK", delivered=True
    )


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"HTTP/1.1 200 OK\r\n", again=b"X: y\r\n" * 1000),
        raw(b"HTTP/1.1 200 OK\r\nX: ", again=ENDLESS),
        raw(again=ENDLESS),
        raw(b"220 mail.example ESMTP\r\n500 what?\r\n\r\n", hold=True),
        raw(),
        status("101 Switching Protocols"),
    ],
)
def test_what_is_not_http_is_a_failure(answer: Answerer) -> None:
    assert sent(answer)[0] == Answer("what it answered is not HTTP")


@pytest.mark.parametrize(
    ("answer", "said", "delivered"),
    [
        (raw(b"HTTP/1.1 200 OK\r\n\r\n", again=ENDLESS), "answered 200 OK", True),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", again=ENDLESS), "answered 200 OK", True),
        (raw(CHUNKED, again=b"1000\r\n" + ENDLESS + b"\r\n"), "answered 200 OK", True),
        (raw(CHUNKED, b"what"), "answered 200 OK", True),
        (raw(b"HTTP/1.1 500 No\r\n\r\n", again=ENDLESS), "answered 500 Internal Server Error", False),
    ],
)
def test_the_status_counts_whatever_follows_it(answer: Answerer, said: str, delivered: bool) -> None:
    assert sent(answer)[0] == Answer(said, delivered=delivered)


def test_of_a_large_answer_only_the_beginning_is_read() -> None:
    written: list[int] = []

    async def large(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n")
        for n in range(64):
            writer.write(bytes(1 << 20))
            await writer.drain()
            written.append(n)

    assert sent(large)[0].delivered
    assert len(written) < 64
