"""What every executor promises, whichever it is: recorded before work, followed, found again, ended without a rest."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine

import pytest

from supervisor.executors.executor import Executor
from supervisor.model.agent_report import AgentFailure
from supervisor.model.json_document import JsonDocument
from supervisor.model.session import SessionResult
from supervisor.model.session_handle import SessionHandle
from tests.executors.conformance.subjects import Subject
from tests.support.session_play import SessionPlay, playing
from tests.support.waiting import eventually, until

NAME = "job1-phase1-batch1-session1"
ANSWER = SessionPlay(output='{"a": 1}', cost_usd=0.5)
WRITTEN = JsonDocument(b'{"a": 1}')
STAYS = ANSWER.model_copy(update={"stays": True})
MANY = 8


class Observer:
    """Takes down what it is told and asked."""

    def __init__(self, passing: str = "") -> None:
        self.told: list[AgentFailure | None] = []
        self.asked: list[bytes] = []
        self.lived = False
        self._passing = passing.encode()

    def failing(self, failure: AgentFailure | None) -> None:
        self.told.append(failure)

    def alive(self) -> None:
        self.lived = True

    async def passes(self, output: JsonDocument) -> bool:
        self.asked.append(output.data)
        return output.data == self._passing


def used(subject: Subject, use: Callable[[Executor], Coroutine[None, None, None]]) -> None:
    """Make an executor, use it, and close it."""

    async def run() -> None:
        executor = subject.executor()
        try:
            await use(executor)
        finally:
            await executor.close()

    asyncio.run(run())


async def begin(subject: Subject, executor: Executor, play: SessionPlay, name: str = NAME) -> SessionHandle:
    """Submit a session, and wait until it stays where it is to."""
    handle = await executor.submit(playing(name, play), subject.agent, lambda _: None)
    if play.stays:
        await eventually(lambda: name in subject.staying(), f"{name} stays")
    return handle


async def to_its_end(subject: Subject, executor: Executor, handle: SessionHandle) -> SessionResult:
    """What comes of a session of another supervisor."""
    found = await executor.reattach(SessionHandle.model_validate_json(handle.model_dump_json()))
    if isinstance(found, SessionHandle):
        subject.release(found.session)
        found = await executor.follow(found, Observer())
    assert found is not None
    return found


def test_a_session_is_recorded_once_before_any_of_its_work_begins(subject: Subject) -> None:
    async def use(executor: Executor) -> None:
        seen: list[tuple[SessionHandle, set[str], set[str]]] = []
        record = lambda handle: seen.append((handle, subject.running(), subject.begun()))  # noqa: E731
        handle = await executor.submit(playing(NAME, STAYS), subject.agent, record)
        assert seen == [(handle, set(), set())]
        assert handle.session == NAME
        assert SessionHandle.model_validate(json.loads(handle.model_dump_json())) == handle
        await eventually(lambda: subject.staying() == {NAME}, "it stays")
        await executor.cancel(handle, 0)

    used(subject, use)


def test_where_it_cannot_be_recorded_nothing_runs_and_nothing_is_known_of_it(subject: Subject) -> None:
    async def use(executor: Executor) -> None:
        handles: list[SessionHandle] = []

        def refuse(handle: SessionHandle) -> None:
            handles.append(handle)
            raise OSError("the disk is full")

        with pytest.raises(OSError, match="the disk is full"):
            await executor.submit(playing(NAME, STAYS), subject.agent, refuse)
        assert (subject.running(), subject.begun()) == (set(), set())
        assert await executor.reattach(handles[0]) is None

    used(subject, use)
    assert subject.begun() == set()


def test_what_a_session_wrote_and_cost_comes_of_following_it(subject: Subject) -> None:
    async def use(executor: Executor) -> None:
        handle = await begin(subject, executor, ANSWER)
        result = await executor.follow(handle, Observer())
        assert (result.ending, result.output, result.refusal) == ("exited", WRITTEN, None)
        assert result.heard.usage.cost_usd == 0.5
        assert subject.running() == set()

    used(subject, use)


def test_a_session_without_an_output_says_why(subject: Subject) -> None:
    async def use(executor: Executor) -> None:
        result = await executor.follow(await begin(subject, executor, SessionPlay(exit_status=3)), Observer())
        assert (result.output, result.exit_status) == (None, 3)
        assert result.refusal is not None and result.refusal.message

    used(subject, use)


def test_what_keeps_an_agent_from_working_is_told_while_it_runs(subject: Subject) -> None:
    async def use(executor: Executor) -> None:
        observer = Observer()
        handle = await begin(subject, executor, SessionPlay(limited="used up until noon", stays=False))
        result = await executor.follow(handle, observer)
        assert [failure and (failure.kind, failure.message) for failure in observer.told] == [
            ("usage_limit", "used up until noon")
        ]
        assert (result.ending, result.heard.trouble) == ("troubled", observer.told[0])

    used(subject, use)


def test_a_sign_of_life_is_told_while_it_runs(subject: Subject) -> None:
    async def use(executor: Executor) -> None:
        observer = Observer()
        handle = await begin(subject, executor, STAYS.model_copy(update={"chatter": 3}))
        following = asyncio.ensure_future(executor.follow(handle, observer))
        await eventually(lambda: observer.lived, "a sign of life")
        assert not following.done()
        subject.release(NAME)
        await following

    used(subject, use)


def test_many_sessions_run_at_once_and_each_has_its_own_answer(subject: Subject) -> None:
    plays = {f"job1-phase1-batch{n}-session1": STAYS.model_copy(update={"output": str(n)}) for n in range(1, MANY + 1)}

    async def use(executor: Executor) -> None:
        submitted = (executor.submit(playing(n, play), subject.agent, lambda _: None) for n, play in plays.items())
        handles = await asyncio.gather(*submitted)
        following = [asyncio.ensure_future(executor.follow(handle, Observer())) for handle in handles]
        await eventually(lambda: subject.staying() == set(plays), "all run at once")
        for name in plays:
            subject.release(name)
        results = await asyncio.gather(*following)
        assert [result.output for result in results] == [JsonDocument(str(n).encode()) for n in range(1, MANY + 1)]

    used(subject, use)


def test_as_many_sessions_run_at_once_as_there_is_said_to_be_room_for(subject: Subject) -> None:
    async def use(executor: Executor) -> None:
        room = executor.capacity(subject.agent, MANY)
        assert room.sessions >= 1
        assert (room.shortage(MANY) == "") == (room.sessions >= MANY)
        assert room.shortage(room.sessions + 1).startswith(f"{room.sessions} session")
        names = [f"job1-phase1-batch{n}-session1" for n in range(1, min(MANY, room.sessions) + 1)]
        handles = [await begin(subject, executor, STAYS, name) for name in names]
        assert subject.staying() == set(names)
        await asyncio.gather(*(executor.cancel(handle, 0) for handle in handles))

    used(subject, use)


def test_cancelling_leaves_nothing_behind_and_twice_is_once(subject: Subject) -> None:
    async def use(executor: Executor) -> None:
        handle = await begin(subject, executor, STAYS.model_copy(update={"brood": True}))
        await asyncio.gather(executor.cancel(handle, 3), executor.cancel(handle, 3))
        assert subject.running() == set()
        await executor.cancel(handle, 3)
        result = await to_its_end(subject, executor, handle)
        assert (result.output, result.heard.usage.cost_usd) == (WRITTEN, 0.5)

    used(subject, use)


def test_following_that_is_cancelled_leaves_the_session_running_until_it_is_cancelled_itself(subject: Subject) -> None:
    async def use(executor: Executor) -> None:
        handle = await begin(subject, executor, STAYS)
        following = asyncio.ensure_future(executor.follow(handle, Observer()))
        await asyncio.sleep(0)
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following
        assert subject.running() == {NAME}
        assert await executor.reattach(handle) == handle
        await executor.cancel(handle, 0)
        assert subject.running() == set()
        result = await to_its_end(subject, executor, handle)
        assert (result.output, result.heard.usage.cost_usd) == (WRITTEN, 0.5)

    used(subject, use)


def test_following_goes_on_where_an_earlier_one_was_cancelled(subject: Subject) -> None:
    async def use(executor: Executor) -> None:
        handle = await begin(subject, executor, STAYS)
        earlier = asyncio.ensure_future(executor.follow(handle, Observer()))
        await asyncio.sleep(0)
        earlier.cancel()
        with pytest.raises(asyncio.CancelledError):
            await earlier
        following = asyncio.ensure_future(executor.follow(handle, Observer()))
        subject.release(NAME)
        assert (await following).output == WRITTEN

    used(subject, use)


def test_who_follows_a_session_that_somebody_cancels_is_told_what_came_of_it(subject: Subject) -> None:
    async def use(executor: Executor) -> None:
        handle = await begin(subject, executor, STAYS)
        following = asyncio.ensure_future(executor.follow(handle, Observer()))
        await asyncio.sleep(0)
        await executor.cancel(handle, 0)
        assert (await following).output == WRITTEN

    used(subject, use)


@pytest.mark.parametrize("cancelled", [False, True], ids=["followed", "cancelled"])
def test_all_that_a_session_printed_is_taken_though_nobody_read_it_before_it_ended(
    cancelled: bool, subject: Subject
) -> None:
    async def use(executor: Executor) -> None:
        play = ANSWER.model_copy(update={"chatter": 500})
        handle = await executor.submit(playing(NAME, play), subject.agent, lambda _: None)
        until(lambda: NAME in subject.begun() and not subject.running(), "it has ended")  # and the loop stood still
        if cancelled:
            await executor.cancel(handle, 0)
            result = await to_its_end(subject, executor, handle)
        else:
            result = await executor.follow(handle, Observer())
        assert (result.output, result.heard.usage.cost_usd) == (WRITTEN, 0.5)

    used(subject, use)


def test_what_a_session_costs_that_comes_to_its_own_end_is_known_to_the_last(subject: Subject) -> None:
    async def use(executor: Executor) -> None:
        handle = await begin(subject, executor, STAYS.model_copy(update={"last_cost_usd": 0.25}))
        following = asyncio.ensure_future(executor.follow(handle, Observer()))
        subject.release(NAME)
        assert (await following).heard.usage.cost_usd == 0.75

    used(subject, use)


def test_to_cancel_a_session_that_ended_does_nothing(subject: Subject) -> None:
    async def use(executor: Executor) -> None:
        handle = await begin(subject, executor, ANSWER)
        assert (await executor.follow(handle, Observer())).output == WRITTEN
        await executor.cancel(handle, 3)

    used(subject, use)


def test_sessions_of_a_supervisor_that_died_are_found_with_all_that_they_wrote_and_cost(subject: Subject) -> None:
    names = [f"job1-phase1-batch{n}-session1" for n in range(1, 4)]

    async def use(executor: Executor) -> None:
        handles = await subject.leave(dict.fromkeys(names, STAYS))
        results = await asyncio.gather(*(to_its_end(subject, executor, handle) for handle in handles))
        assert [(result.output, result.heard.usage.cost_usd) for result in results] == [(WRITTEN, 0.5)] * 3
        assert subject.running() == set()
        again = await executor.reattach(handles[0])
        assert isinstance(again, SessionResult) and again.output == WRITTEN

    used(subject, use)


def test_a_session_of_a_supervisor_that_died_has_no_output_where_it_wrote_none(subject: Subject) -> None:
    async def use(executor: Executor) -> None:
        (handle,) = await subject.leave({NAME: SessionPlay(cost_usd=0.5, stays=True)})
        result = await to_its_end(subject, executor, handle)
        assert (result.output, result.heard.usage.cost_usd) == (None, 0.5)
        assert result.refusal is not None

    used(subject, use)


def test_nothing_is_known_of_a_session_that_never_was(subject: Subject) -> None:
    async def use(executor: Executor) -> None:
        handle = await begin(subject, executor, ANSWER)
        await executor.follow(handle, Observer())
        other = handle.model_copy(update={"session": "job9-phase9-batch9-session9"})
        assert await executor.reattach(other) is None
        await executor.cancel(other, 0)
        assert (await executor.follow(other, Observer())).ending == "could_not_start"

    used(subject, use)


def test_what_an_executor_leaves_that_is_closed_is_found_by_the_next(subject: Subject) -> None:
    handles: list[SessionHandle] = []

    async def leave(executor: Executor) -> None:
        handles.append(await begin(subject, executor, STAYS))

    async def find(executor: Executor) -> None:
        result = await to_its_end(subject, executor, handles[0])
        assert (result.output, result.heard.usage.cost_usd) == (WRITTEN, 0.5)

    used(subject, leave)
    used(subject, find)
