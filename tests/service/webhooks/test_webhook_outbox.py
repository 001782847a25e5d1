"""What is due goes out, however often the process dies, and is tried again for a day before it is given up."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from supervisor.service.webhooks import webhook_outbox as outbox_module
from supervisor.service.webhooks.webhook_outbox import AT_ONCE, AT_ONCE_TO_A_HOST, JITTER, WAITS_S, WebhookOutbox
from supervisor.service.webhooks.webhook_sender import RETRY_AFTER_MOST_S, Answer, WebhookSender
from supervisor.service.webhooks.webhook_signing import webhook_secret
from supervisor.store.tables import webhook_deliveries
from supervisor.store.tables.webhook_deliveries import Delivery
from supervisor.store.transaction import Transaction
from tests.service.webhooks.webhook_receiver import OK, Answerer, Receiver, status
from tests.support.webhook_store import KEY, OWNER, Access, job_with_messages, one_message

FAILS = status("500 Internal Server Error")


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.at = time.time() + 1

    def __call__(self) -> float:
        return self.at


@contextlib.asynccontextmanager
async def running(outbox: WebhookOutbox) -> AsyncIterator[None]:
    task = asyncio.create_task(outbox.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def delivered_by(
    tmp_path: Path, *answers: Answerer, tries: int = 1, faults: int = 0, chance: float = 0.0
) -> tuple[Delivery, list[float], Receiver]:
    """A message after so many tries, each made when the one before said; and how long it waited after each."""

    async def story() -> tuple[Delivery, list[float], Receiver]:
        clock, waits = Clock(), []
        async with Receiver(*answers) as receiver:
            _, message = one_message(tmp_path, receiver.url)
            access = Access(tmp_path / "store.sqlite", faults)
            outbox = WebhookOutbox(
                access, WebhookSender(KEY, [receiver.place], now=clock), now=clock, chance=lambda: chance
            )
            async with running(outbox):
                for _ in range(tries):
                    got = await receiver.got()
                    assert got.headers["webhook-id"] == message.id
                    await access.wrote()
                    after = await access.message(message.job)
                    if after.next_try is not None:
                        waits.append(after.next_try - clock.at)
                        clock.at = after.next_try
                        outbox.news()
        return after, waits, receiver

    return asyncio.run(story())


def test_a_message_is_delivered_and_that_is_written_down(tmp_path: Path) -> None:
    after, _, receiver = delivered_by(tmp_path, OK)
    assert (after.state, after.attempts, after.last_result) == ("delivered", 1, "answered 204 No Content")
    assert (after.delivered_at is not None, receiver.count) == (True, 1)


def test_a_message_that_nobody_takes_is_tried_for_about_a_day_and_given_up(tmp_path: Path) -> None:
    after, waits, receiver = delivered_by(tmp_path, FAILS, tries=len(WAITS_S) + 1)
    assert waits == pytest.approx(WAITS_S)
    assert 24 * 3600 < sum(waits) < 30 * 3600
    assert (after.state, after.attempts, receiver.count) == ("given up", 8, 8)
    assert after.last_result == "answered 500 Internal Server Error; given up after 8 tries"


def test_waits_are_longer_by_chance_so_that_messages_do_not_come_back_together(tmp_path: Path) -> None:
    _, waits, _ = delivered_by(tmp_path, FAILS, tries=2, chance=0.5)
    assert waits == pytest.approx([wait * (1 + JITTER / 2) for wait in WAITS_S[:2]])


def test_a_message_that_is_taken_at_a_later_try_is_delivered(tmp_path: Path) -> None:
    after, _, _ = delivered_by(tmp_path, FAILS, FAILS, OK, tries=3)
    assert (after.state, after.attempts) == ("delivered", 3)


def test_gone_gives_a_message_up_at_once(tmp_path: Path) -> None:
    after, _, _ = delivered_by(tmp_path, status("410 Gone"))
    assert (after.state, after.last_result) == ("given up", "answered 410 Gone; given up after 1 try")


@pytest.mark.parametrize("line", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize(("asked", "waited"), [("60", 60.0), ("1", WAITS_S[0]), ("86400", RETRY_AFTER_MOST_S)])
def test_a_receiver_is_left_alone_for_as_long_as_it_asks(tmp_path: Path, line: str, asked: str, waited: float) -> None:
    _, waits, _ = delivered_by(tmp_path, status(line, f"Retry-After: {asked}"))
    assert waits == pytest.approx([waited])


def test_a_message_is_not_sent_before_its_time(tmp_path: Path) -> None:
    async def story() -> None:
        clock = Clock()
        async with Receiver(FAILS) as receiver:
            access, message = one_message(tmp_path, receiver.url)
            outbox = WebhookOutbox(access, WebhookSender(KEY, [receiver.place], now=clock), now=clock)
            async with running(outbox):
                await receiver.got()
                await access.wrote()
                after = await access.message(message.job)
                assert after.next_try is not None
                clock.at = after.next_try - 2
                for _ in range(2):
                    outbox.news()
                    await access.looked()
                clock.at = after.next_try
                outbox.news()
                assert (await receiver.got()).headers["webhook-timestamp"] == str(int(after.next_try))

    asyncio.run(story())


def test_what_ends_while_it_runs_is_sent_when_there_is_news(tmp_path: Path) -> None:
    async def story() -> None:
        async with Receiver() as receiver:
            job_with_messages(tmp_path / "store.sqlite")
            access = Access(tmp_path / "store.sqlite")
            outbox = WebhookOutbox(access, WebhookSender(KEY, [receiver.place]))
            async with running(outbox):
                await access.looked()
                one_message(tmp_path, receiver.url)
                outbox.news()
                await receiver.got()

    asyncio.run(story())


def test_an_outbox_with_nothing_due_wakes_by_itself_when_something_is(tmp_path: Path) -> None:
    async def story() -> None:
        async with Receiver(FAILS, OK) as receiver:
            access, message = one_message(tmp_path, receiver.url)

            def soon(transaction: Transaction) -> None:
                transaction.execute("UPDATE webhook_deliveries SET next_try = ?", (time.time() + 0.3,))

            await access.write(soon)
            await access.wrote()
            async with running(WebhookOutbox(access, WebhookSender(KEY, [receiver.place]))):
                assert (await receiver.got()).headers["webhook-id"] == message.id

    asyncio.run(story())


def test_a_slow_receiver_holds_up_none_of_another_host(tmp_path: Path) -> None:
    async def story() -> None:
        never = asyncio.Event()

        async def hold(_: asyncio.StreamWriter) -> None:
            await never.wait()

        async with Receiver(hold) as slow, Receiver() as quick:
            access = Access(tmp_path / "store.sqlite")
            job_with_messages(tmp_path / "store.sqlite", *[slow.url] * 3 * AT_ONCE, *[quick.url] * 2 * AT_ONCE)
            async with running(WebhookOutbox(access, WebhookSender(KEY, [slow.place, quick.place]), now=Clock())):
                for _ in range(2 * AT_ONCE):
                    await quick.got()
                    await access.wrote()
                assert slow.connections == AT_ONCE_TO_A_HOST

    asyncio.run(story())


def test_only_so_many_are_sent_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        begun: asyncio.Queue[str] = asyncio.Queue()
        end = asyncio.Event()
        at_once: list[int] = [0]

        class Held:
            async def send(self, message: Delivery) -> Answer:
                at_once.append(at_once[-1] + 1)
                begun.put_nowait(message.host)
                await end.wait()
                at_once.append(at_once[-1] - 1)
                return Answer("answered 200 OK", delivered=True)

        hosts = [f"h{n}.example" for n in range(AT_ONCE + 4)]
        job_with_messages(tmp_path / "store.sqlite", *[f"https://{host}/" for host in hosts])
        access = Access(tmp_path / "store.sqlite")
        outbox = WebhookOutbox(access, Held(), now=Clock())
        async with running(outbox):
            first = [await begun.get() for _ in range(AT_ONCE)]
            for _ in range(2):
                outbox.news()
                await access.looked()
            end.set()
            assert sorted(first + [await begun.get() for _ in range(4)]) == sorted(hosts)
            assert max(at_once) == AT_ONCE

    asyncio.run(story())


def test_a_store_that_cannot_be_written_has_the_message_sent_once_and_noted_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "_STORE_WAIT_S", 0.01)
    after, _, receiver = delivered_by(tmp_path, OK, faults=3)
    assert (after.state, after.attempts, receiver.count) == ("delivered", 1, 1)


def test_a_fault_in_sending_ends_neither_the_outbox_nor_the_message(tmp_path: Path) -> None:
    async def story() -> None:
        class Faulty:
            async def send(self, message: Delivery) -> Answer:
                raise ZeroDivisionError

        access, message = one_message(tmp_path, "https://a.example/")
        async with running(WebhookOutbox(access, Faulty(), now=Clock())):
            await access.wrote()
            after = await access.message(message.job)
            assert (after.state, after.last_result) == ("waiting", "not sent, by a fault of the supervisor")

    asyncio.run(story())


def test_a_message_that_is_asked_for_again_arrives_again_with_its_id(tmp_path: Path) -> None:
    async def story() -> None:
        async with Receiver() as receiver:
            access, message = one_message(tmp_path, receiver.url)
            outbox = WebhookOutbox(access, WebhookSender(KEY, [receiver.place]))
            async with running(outbox):
                first = await receiver.got()
                await access.wrote()
                await access.write(lambda database: webhook_deliveries.redeliver(database, message.job))
                outbox.news()
                second = await receiver.got()
                assert first.headers["webhook-id"] == second.headers["webhook-id"] == message.id
                assert second.verified(webhook_secret(KEY, OWNER)) == first.verified(webhook_secret(KEY, OWNER))

    asyncio.run(story())


def test_what_was_due_while_nobody_ran_goes_out_at_the_next_start(tmp_path: Path) -> None:
    async def story() -> None:
        async with Receiver(FAILS, OK) as receiver:
            access, message = one_message(tmp_path, receiver.url)
            clock = Clock()
            async with running(WebhookOutbox(access, WebhookSender(KEY, [receiver.place]), now=clock)):
                await receiver.got()
                await access.wrote()
            clock.at += 10 * 24 * 3600
            async with running(WebhookOutbox(access, WebhookSender(KEY, [receiver.place]), now=clock)):
                assert (await receiver.got()).headers["webhook-id"] == message.id
                await access.wrote()
            after = await access.message(message.job)
            assert (after.state, after.attempts) == ("delivered", 2)

    asyncio.run(story())
