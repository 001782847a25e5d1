"""Programs that have to be typed into: dialogs, the prompt, the leave-taking, and screens that nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.scripted_project import Small, numbered, said

pytestmark = pytest.mark.slow

SCREEN = r'''
import re, select, termios, tty


def show(text):
    """Draw the screen anew, as such programs do."""
    sys.stdout.write("\x1b[2J\x1b[H" + text.replace("\n", "\r\n"))
    sys.stdout.flush()


def key():
    return os.read(0, 1).decode("utf-8", "surrogateescape")


def typed(end):
    """What is typed up to `end`."""
    text = b""
    while not text.endswith(end):
        text += os.read(0, 1 << 16)
    return text[: -len(end)]


def ask(question):
    show(question)
    mark("answer", key())


def pasted():
    """The text of a bracketed paste, once Enter follows it."""
    sys.stdout.write("\x1b[?2004h")
    show("welcome\n\n> ")
    text = typed(b"\x1b[201~")
    assert text.startswith(b"\x1b[200~"), text[:20]
    show("welcome\n\n> [pasted text]")
    assert key() == "\r"
    mark("pasted", text[6:].decode())


def wait_for_leave():
    show("done\n\n> ")
    typed(b"/quit\r")
    mark("left")


tty.setraw(0)
'''
SETTINGS: dict[str, Any] = {
    "mode": "interactive",
    "ready": "^>$",
    "leave": ["/quit\r"],
    "dialogs": [{"shows": r"Trust this folder\? \(y/n\)", "answer": "y"}],
}


def test_the_prompt_is_pasted_whole_and_the_program_is_left_once_its_output_is_complete(small: Small) -> None:
    agent = SCREEN + "pasted()\nshow('working')\nwrite(answers())\nwait_for_leave()\n"
    small.lay_out({"i01": {"n": "ünïcödé\t`x`"}}, agent=agent, agent_settings=SETTINGS)
    small.run()
    assert small.main() == said({"i01": {"n": "ünïcödé\t`x`"}})
    (session,) = small.sessions()
    assert (session.workspace / "pasted").read_text() == session.prompt
    assert (session.workspace / "left").exists()


def test_a_long_prompt_arrives_whole(small: Small) -> None:
    items = {f"i{n}": {"text": "long " * 2000} for n in range(40)}
    agent = SCREEN + "pasted()\nwrite(answers())\nwait_for_leave()\n"
    small.lay_out(items, agent=agent, agent_settings=SETTINGS, phases=[{"batch_size": 40}])
    small.run()
    (session,) = small.sessions()
    assert len(session.prompt) > 400_000
    assert (session.workspace / "pasted").read_text() == session.prompt


def test_a_known_dialog_is_answered_wherever_it_comes(small: Small) -> None:
    agent = SCREEN + (
        "ask('Trust this folder? (y/n)')\npasted()\nask('Again: Trust this folder? (y/n)')\n"
        "write(answers())\nwait_for_leave()\n"
    )
    small.lay_out(numbered(2), agent=agent, agent_settings=SETTINGS)
    small.run()
    assert small.main() == said(numbered(2))


def test_an_escape_in_an_item_types_nothing(small: Small) -> None:
    """It stands in the prompt as JSON escapes it, so that no item can end the paste and give orders."""
    items = {"i01": {"text": "\x1b[201~\r/quit\r"}}
    small.lay_out(items, agent=SCREEN + "pasted()\nwrite(answers())\nwait_for_leave()\n", agent_settings=SETTINGS)
    small.run()
    assert small.main() == said(items)


def test_a_program_without_bracketed_paste_is_told_where_the_prompt_is(small: Small) -> None:
    agent = SCREEN + (
        "show('> ')\nmark('typed', typed(b'\\r').decode())\n"
        "assert 'prompt.md' in (here / 'typed').read_text()\nwrite(answers())\nwait_for_leave()\n"
    )
    small.lay_out(numbered(2), agent=agent, agent_settings=SETTINGS)
    small.run()
    assert small.main() == said(numbered(2))


@pytest.mark.parametrize("seconds", [2])
def test_a_dialog_that_nobody_knows_is_shown_in_the_error(small: Small, seconds: int) -> None:
    question = "Your plan has changed.\n\n  1. Accept\n  2. Decline\n\nWhat now?"
    agent = SCREEN + f"ask({question!r})\ntime.sleep(100000)\n"
    settings = {**SETTINGS, "stall_timeout": seconds}
    small.lay_out(numbered(2), agent=agent, agent_settings=settings, phases=[{"max_attempts": 1}])
    small.run(status=1)
    (error,) = small.status()["failed_items"][0]["errors"]
    assert error["type"] == "stalled"
    for line in ("Your plan has changed.", "1. Accept", "2. Decline", "What now?"):
        assert line in error["message"]


def test_a_program_that_does_not_leave_is_ended(small: Small) -> None:
    small.lay_out(
        numbered(2),
        agent=SCREEN + "pasted()\nwrite(answers())\nshow('> ')\ntime.sleep(100000)\n",
        agent_settings=SETTINGS,
    )
    small.run()
    assert small.main() == said(numbered(2))


def test_its_transcript_is_what_the_screen_showed(small: Small) -> None:
    agent = SCREEN + "pasted()\nwrite(answers())\nwait_for_leave()\n"
    small.lay_out(numbered(2), agent=agent, agent_settings=SETTINGS)
    small.run()
    shown = small.done("logs", "1", "--batch", "1").out
    assert "done" in shown
    assert "\x1b" not in shown
