"""When the turn of a program is over that is typed into: Claude Code by the screens of two versions, and any other."""

from __future__ import annotations

import asyncio
import os
import pty
import tty
from collections.abc import Callable, Coroutine, Iterator
from typing import NamedTuple

import pytest

from supervisor.agents.claude import claude_terminal
from supervisor.agents.terminal_dialogs import TerminalDialog, TerminalProtocol
from supervisor.executors.local.terminal.redaction import Redactor
from supervisor.executors.local.terminal.terminal_driver import TerminalDriver
from tests.support.skipping_loop import SkippingLoop

RULE = "─" * 120
PROMPT = '# This batch\n\n- Items: i01 to i03 (3)\n\n```json\n{\n  "i01": {"n":1}\n}\n```\n\n    phase1_batch_1.json\n'
ECHO = '❯ Do what the pasted text says:\n\n  This batch\n\n  - Items: i01 to i03 (3)\n  {\n    "i01": {"n":1}\n  }\n'
LATER = 30.0


def claude(said: str, *, box: str = "❯", foot: str = "  ⏵⏵ accept edits on (shift+tab to cycle)") -> str:
    return f"{said}\n\n{RULE}\n{box}\n{RULE}\n{foot}"


WELCOME = claude(" ▐▛███▛█   Claude Code v2.1.332")
PASTED = claude(" ▐▛███▛█   Claude Code v2.1.332", box="❯ Do what the pasted text says: [Pasted text #1 +23 lines]")
BEGUN = claude(f"{ECHO}\n· Cascading…")
"""The first screen after the prompt of both versions; in 2.1.197 it stays without the words below for seconds."""
AT_WORK = claude(
    f"{ECHO}\n✽ Cascading… (3s · ↓ 18 tokens)", foot="  ⏵⏵ accept edits on · esc to interrupt · ← for agents"
)
RUNS = claude(f"{ECHO}\n● Bash(sleep 900)\n  ⎿  Running… (7s)\n\n* Cascading… (7s · ↓ 50 tokens)")
ASKS = f"{ECHO}\n● Bash(sh -c 'x')\n{RULE}\n Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel"
QUESTION = claude(f"{ECHO}\n● Which format do you want, JSON or CSV?\n\n✻ Cogitated for 0s · done 9:45 PM")
DONE = claude(
    f"{ECHO}\n● Write(phase1_batch_1.json)\n  ⎿  Wrote 11 lines\n\n● The answers are in the file.\n\n✻ Cooked for 9s"
)


class Seat(NamedTuple):
    """A terminal that is driven, whose program is the test."""

    loop: SkippingLoop
    driver: TerminalDriver
    program: int

    def show(self, screen: str) -> None:
        drawn = screen.replace("\n", "\r\n")
        self.driver.feed_screen(f"\x1b[2J\x1b[H{drawn}".encode())

    def typed(self) -> str:
        """What was typed since."""
        found = b""
        try:
            while True:
                found += os.read(self.program, 1 << 16)
        except BlockingIOError:
            return found.decode()

    async def submitted(self, *screens: str) -> None:
        """Bring it to where the prompt was submitted."""
        self.driver.feed_screen(b"\x1b[?2004h")
        for screen in screens:
            self.show(screen)
            await self.loop.skip(1)
        assert self.typed().endswith("\r")


Play = Callable[[TerminalProtocol, Callable[[Seat], Coroutine[None, None, None]]], None]


@pytest.fixture
def play() -> Iterator[Play]:
    """Run something with a seat of a protocol."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    for each in (ours, theirs):
        os.set_blocking(each, False)

    def played(typing: TerminalProtocol, scene: Callable[[Seat], Coroutine[None, None, None]]) -> None:
        async def run() -> None:
            loop = asyncio.get_running_loop()
            assert isinstance(loop, SkippingLoop)
            driver = TerminalDriver(typing, ours, PROMPT, Redactor([]), lambda _: None)
            await scene(Seat(loop, driver, theirs))
            driver.close()

        with asyncio.Runner(loop_factory=SkippingLoop) as runner:
            runner.run(run())

    yield played
    os.close(ours)
    os.close(theirs)


CLAUDE = claude_terminal.typing(())


@pytest.mark.parametrize("end", [QUESTION, DONE], ids=["a question", "a file"])
@pytest.mark.parametrize(
    "work", [(BEGUN, AT_WORK), (BEGUN,), (RUNS,), ()], ids=["seen", "begun", "command", "not seen"]
)
def test_a_turn_is_over_once_it_waits_for_input_again(work: tuple[str, ...], end: str, play: Play) -> None:
    async def scene(seat: Seat) -> None:
        await seat.submitted(WELCOME, PASTED)
        for screen in work:
            seat.show(screen)
            await seat.loop.skip(1)
        seat.show(end)
        await seat.loop.skip(LATER)
        assert seat.driver.idle.done()

    play(CLAUDE, scene)


@pytest.mark.parametrize("screen", [BEGUN, AT_WORK, RUNS], ids=["begun", "at work", "a silent command"])
def test_while_it_works_its_turn_is_not_over_however_silent_it_is(screen: str, play: Play) -> None:
    async def scene(seat: Seat) -> None:
        await seat.submitted(WELCOME, PASTED)
        seat.show(screen)
        await seat.loop.skip(LATER)
        assert not seat.driver.idle.done() and not seat.driver.stuck.done()

    play(CLAUDE, scene)


def test_between_two_steps_its_turn_is_not_over(play: Play) -> None:
    async def scene(seat: Seat) -> None:
        await seat.submitted(WELCOME, PASTED)
        for screen in (AT_WORK, QUESTION, AT_WORK, QUESTION):
            seat.show(screen)
            await seat.loop.skip(0.5)
            assert not seat.driver.idle.done()

    play(CLAUDE, scene)


def test_one_that_works_again_has_another_end(play: Play) -> None:
    async def scene(seat: Seat) -> None:
        await seat.submitted(WELCOME, PASTED)
        for screen, over in ((AT_WORK, False), (QUESTION, True), (AT_WORK, False), (DONE, True)):
            seat.show(screen)
            await seat.loop.skip(LATER)
            assert seat.driver.idle.done() == over

    play(CLAUDE, scene)


def test_a_dialog_that_no_pattern_knows_is_no_end_but_a_question(play: Play) -> None:
    async def scene(seat: Seat) -> None:
        await seat.submitted(WELCOME, PASTED)
        for screen in (AT_WORK, ASKS):
            seat.show(screen)
            await seat.loop.skip(LATER)
        assert not seat.driver.idle.done()
        assert seat.driver.stuck.result() == "it asks what no pattern knows"

    play(CLAUDE, scene)


def test_a_question_is_answered_again_where_the_first_answer_was_not_heard(play: Play) -> None:
    async def scene(seat: Seat) -> None:
        await seat.submitted(WELCOME, PASTED)
        seat.show(ASKS)
        await seat.loop.skip(1)
        assert seat.typed() == "y"
        await seat.loop.skip(6)
        assert seat.typed() == "y"
        assert not seat.driver.stuck.done()
        seat.show(QUESTION)
        await seat.loop.skip(LATER)
        assert seat.typed() == ""
        assert seat.driver.idle.done()

    play(claude_terminal.typing((TerminalDialog(shows="Do you want to proceed", answer="y"),)), scene)


def test_a_paste_is_submitted_once_it_is_shown_and_again_where_that_was_not_heard(play: Play) -> None:
    async def scene(seat: Seat) -> None:
        seat.driver.feed_screen(b"\x1b[?2004h")
        seat.show(WELCOME)
        await seat.loop.skip(0.5)
        seat.show(claude(" ▐▛███▛█   Claude Code v2.1.332", foot="  ⏵⏵ accept edits on"))
        await seat.loop.skip(0.5)
        assert seat.typed().endswith("\x1b[201~")
        seat.show(PASTED)
        await seat.loop.skip(1)
        assert seat.typed() == "\r"
        await seat.loop.skip(6)
        assert seat.typed() == "\r"
        seat.show(AT_WORK)
        await seat.loop.skip(LATER)
        assert seat.typed() == ""

    play(CLAUDE, scene)


def test_a_program_that_never_takes_the_prompt_is_given_up(play: Play) -> None:
    async def scene(seat: Seat) -> None:
        await seat.submitted(WELCOME, PASTED)
        await seat.loop.skip(3 * LATER)
        assert seat.driver.stuck.result() == "it does not take the prompt"

    play(CLAUDE, scene)


def test_a_question_that_takes_no_answer_is_given_up(play: Play) -> None:
    async def scene(seat: Seat) -> None:
        await seat.submitted(WELCOME, PASTED)
        seat.show(ASKS)
        await seat.loop.skip(3 * LATER)
        assert seat.typed() == "yyyy"
        assert seat.driver.stuck.result() == "its question stays, though it was answered"

    play(claude_terminal.typing((TerminalDialog(shows="Do you want to proceed", answer="y"),)), scene)


def test_what_the_screen_says_last_is_said_without_prompt_and_frames(play: Play) -> None:
    async def scene(seat: Seat) -> None:
        await seat.submitted(WELCOME, PASTED)
        seat.show(QUESTION)
        said = [line.strip() for line in seat.driver.last_words().split("\n")]
        assert said[0] == "● Which format do you want, JSON or CSV?"
        assert not any("i01" in line or "─" in line or line == "❯" for line in said)

    play(CLAUDE, scene)


ANY = TerminalProtocol(ready="^> ?$")


def test_any_program_s_turn_is_over_where_its_cursor_is_in_its_line_to_type_in(play: Play) -> None:
    async def scene(seat: Seat) -> None:
        await seat.submitted("welcome\n> ", "welcome\n> [pasted]")
        seat.show("welcome\n> [pasted]\nI work.\n>\nand work\n")
        await seat.loop.skip(LATER)
        assert not seat.driver.idle.done()
        seat.show("welcome\n> [pasted]\nWhich format?\n> ")
        await seat.loop.skip(LATER)
        assert seat.driver.idle.done()
        assert seat.driver.last_words().split("\n")[-1] == "Which format?"

    play(ANY, scene)
