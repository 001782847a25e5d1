"""Types into the terminal of a program that cannot work without a person: its dialogs, the prompt, the leave-taking."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from supervisor.agents.terminal_dialogs import TerminalProtocol
from supervisor.executors.local.terminal.redaction import Redactor
from supervisor.executors.local.terminal.shown_words import own_rows
from supervisor.text.plain_text import plain
from supervisor.text.terminal_size import COLUMNS
from supervisor.workspaces.lenient_screen import LenientScreen, LenientStream
from supervisor.workspaces.workspace_provider import PROMPT_NAME

_LOOK_EVERY_S = 0.25
"""The screen is looked at so long after it began to change: what is drawn piece by piece is whole by then."""
_PATIENCE_S = 20.0
"""Seconds that a question is shown, or nothing on the screen changes, after which it is one that no pattern knows."""
_ANSWER_AGAIN_S, _MOST_ANSWERS = 5.0, 4
"""Seconds after which a question is answered once more that stays as it is, and how often at most."""
_SHOWN_AFTER_S = 2.0
"""A program that shows nothing of what is typed has taken it by then."""
_REST_S, _UNSEEN_WORK_S = 1.0, 5.0
"""Seconds for which it waits for input until its turn is over: where it was seen at work, and where it was not, since
it answered at once or has not begun."""
_BRACKETED_PASTE = 2004 << 5
"""The mode in which pasted text is told apart from typed text, as pyte numbers it (private mode 2004 of xterm)."""
_SCREEN_LINES = 15
_WRAPPED = re.compile(rf"(?<=^.{{{COLUMNS - 1}}}[\w+/=.-])\n(?=[\w+/=.-])", re.MULTILINE)
"""The end of a row in which a long word goes on."""


class _Answer(NamedTuple):
    """What was typed on a question."""

    tries: int
    at: float
    """When it was typed last, on the loop's clock."""


class _AnsweringScreen(LenientScreen):
    """A screen that answers what programs ask their terminal, as a terminal does."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self._answer = answer

    def write_process_input(self, data: str) -> None:
        self._answer(data)


class TerminalDriver:
    """Sees the screen, and types what it asks for."""

    def __init__(
        self, typing: TerminalProtocol, terminal: int, prompt: str, mask: Redactor, seen: Callable[[str], None]
    ) -> None:
        self._typing = typing
        self._seen = seen
        self._terminal = terminal
        self._prompt = prompt
        self._mask = mask
        self._screen = _AnsweringScreen(self.type)
        self._stream = LenientStream(self._screen)
        self._loop = asyncio.get_running_loop()
        self._state: Literal["starting", "pasted", "submitted", "leaving"] = "starting"
        self._pasted_on, self._pasted_at = "", 0.0
        self._answered: dict[str, _Answer] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._later: asyncio.TimerHandle | None = None
        """A look though nothing should change until then."""
        self._patience: asyncio.TimerHandle | None = None
        self._asked = False
        self._unwritten = bytearray()
        self._worked = False
        """Whether it was seen at work."""
        self._submitted_on, self._submits, self._submitted_at = "", 0, 0.0
        self._waits_since: float | None = None
        """Since when every look at the screen found it waiting for input."""
        self.stuck: asyncio.Future[str] = self._loop.create_future()
        """Why it cannot go on, in words, where it shows what no pattern knows."""
        self.idle: asyncio.Future[None] = self._loop.create_future()
        """Done once its turn is over: it waits for input again after the prompt. Another one once it works again."""

    @property
    def leaving(self) -> bool:
        """Whether it was asked to end."""
        return self._state == "leaving"

    def feed_screen(self, data: bytes) -> None:
        """Take what the program printed."""
        self._stream.feed(data)
        if self._timer is None:
            self._timer = self._loop.call_later(_LOOK_EVERY_S, self._look)

    def leave(self) -> None:
        """Ask the program to end, as a person does."""
        if self._state != "leaving":
            self._state = "leaving"
            for number, words in enumerate(self._typing.leave):
                self._loop.call_later(number * _LOOK_EVERY_S, self.type, words)

    def type(self, text: str) -> None:
        """Type some text; what the terminal does not take at once is typed as it can."""
        self._unwritten += text.encode()
        self._write()

    def last_lines(self) -> str:
        """What the lower part of the screen shows, as plain text."""
        return "\n".join(self._rows()[-_SCREEN_LINES:])

    def last_words(self) -> str:
        """The same without the prompt, frames and the line to type in, as far as they are known."""
        typed = f"{self._typing.lead}\n{self._prompt}"
        return "\n".join([*own_rows(self._rows(), typed, self._typing.ready)][-_SCREEN_LINES:])

    def _rows(self) -> list[str]:
        shown = plain("\n".join(line.rstrip() for line in self._screen.display if line.strip()))
        return self._mask.apply(_WRAPPED.sub("", shown).encode()).decode("utf-8", "replace").split("\n")

    def close(self) -> None:
        """Look no more."""
        for timer in (self._timer, self._later, self._patience):
            if timer is not None:
                timer.cancel()
        self._loop.remove_writer(self._terminal)
        self._unwritten.clear()
        self._state = "leaving"
        self.stuck.cancel()
        self.idle.cancel()

    def _look(self) -> None:
        self._timer = None
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._state == "leaving" or self.stuck.done():
            return
        text = "\n".join(line.rstrip() for line in self._screen.display)
        self._seen(text)
        asks = self._asks(text)
        if not asks or not self._asked:  # what it asks may blink
            self._be_patient()
        self._asked = asks
        if self._answer_dialog(text):
            self._waits_since = None
            return
        if self._state == "starting":
            if re.search(self._typing.ready, text, re.MULTILINE) is not None:
                self._paste(text)
                return
            self._lose_patience("it does not become ready for the prompt")
        elif self._state == "pasted":
            self._submit_once_shown(text)
        elif asks:
            self._waits_since = None
            self._lose_patience("it asks what no pattern knows")
        else:
            self._look_for_end(text)

    def _look_for_end(self, text: str) -> None:
        """Find out whether its turn is over: whether it waits for input again, and goes on to."""
        if not self._waits(text):
            self._waits_since = None
            self._worked = self._worked or self._typing.busy is None or self._busy(text)
            if self.idle.done():
                self.idle = self._loop.create_future()
            if not self._worked:
                self._submit_again()
            return
        now = self._loop.time()
        self._waits_since = now if self._waits_since is None else self._waits_since
        left_s = self._waits_since + (_REST_S if self._worked else _UNSEEN_WORK_S) - now
        if left_s > 0:
            self._look_again(left_s)
        elif not self.idle.done():
            self.idle.set_result(None)

    def _waits(self, text: str) -> bool:
        """Whether it waits for input; where its work cannot be seen, by the cursor in the line to type in."""
        found = re.finditer(self._typing.ready, text, re.MULTILINE)
        if self._typing.busy is not None:
            return not self._busy(text) and any(True for _ in found)
        cursor = int(self._screen.cursor.y)
        return text != self._submitted_on and any(
            text.count("\n", 0, each.start()) <= cursor <= text.count("\n", 0, each.end()) for each in found
        )

    def _look_again(self, seconds: float) -> None:
        self._later = self._loop.call_later(seconds, self._look)

    def _be_patient(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _lose_patience(self, why: str) -> None:
        """Give up after a while, unless something comes in between."""
        if self._patience is None:
            self._patience = self._loop.call_later(_PATIENCE_S, self._give_up, why)

    def _answer_dialog(self, text: str) -> bool:
        """Answer the question that the screen shows, where it is a known one; each look of it once."""
        for dialog in self._typing.dialogs:
            if re.search(dialog.shows, text, re.MULTILINE):
                self._answer(hashlib.sha256(text.encode()).hexdigest(), dialog.answer)
                return True
        return False

    def _answer(self, screen: str, answer: str) -> None:
        """Type the answer to a question, and again where it stays: one that has just drawn it may not hear yet."""
        now, before = self._loop.time(), self._answered.get(screen, _Answer(0, float("-inf")))
        left_s = before.at + _ANSWER_AGAIN_S - now
        if left_s <= 0 and before.tries == _MOST_ANSWERS:
            self._lose_patience("its question stays, though it was answered")
            return
        self._be_patient()
        if left_s <= 0:
            self._answered[screen] = _Answer(before.tries + 1, now)
            self.type(answer)
        self._look_again(_ANSWER_AGAIN_S if left_s <= 0 else left_s)

    def _paste(self, text: str) -> None:
        self._state, self._pasted_on, self._pasted_at = "pasted", text, self._loop.time()
        self._timer = self._loop.call_later(_LOOK_EVERY_S, self._look)
        if _BRACKETED_PASTE in self._screen.mode:
            prompt = re.sub(r"\r\n?", "\n", self._prompt.replace("\x1b", ""))  # a return may submit what is there
            self.type(f"{self._typing.lead}\x1b[200~{prompt}\x1b[201~")
        else:  # every line of it would be taken for a prompt of its own
            self.type(f"Read the file {PROMPT_NAME} in your working directory, and do what it says.")

    def _submit_once_shown(self, text: str) -> None:
        empty = re.search(self._typing.ready, text, re.MULTILINE) is not None  # what changed may be something else
        shown = (text != self._pasted_on and not empty) or self._loop.time() - self._pasted_at > _SHOWN_AFTER_S
        if self._unwritten or not shown:
            self._timer = self._loop.call_later(_LOOK_EVERY_S, self._look)
            return
        self._state, self._submitted_on = "submitted", text
        self._submit()

    def _submit(self) -> None:
        self._submits, self._submitted_at = self._submits + 1, self._loop.time()
        self.type(self._typing.submit)
        self._look_again(_ANSWER_AGAIN_S)

    def _submit_again(self) -> None:
        """Submit the prompt once more where it still stands there: a program that takes a paste may not hear that."""
        left_s = self._submitted_at + _ANSWER_AGAIN_S - self._loop.time()
        if self._submits == _MOST_ANSWERS:
            self._lose_patience("it does not take the prompt")
        elif left_s <= 0:
            self._submit()
        else:
            self._look_again(left_s)

    def _asks(self, text: str) -> bool:
        found = self._typing.asks is not None and re.search(self._typing.asks, text, re.MULTILINE) is not None
        return found and not self._busy(text)

    def _busy(self, text: str) -> bool:
        return self._typing.busy is not None and re.search(self._typing.busy, text, re.MULTILINE) is not None

    def _give_up(self, why: str) -> None:
        if not self.stuck.done():
            self.stuck.set_result(why)

    def _write(self) -> None:
        try:
            while self._unwritten:
                del self._unwritten[: os.write(self._terminal, self._unwritten)]
        except BlockingIOError:
            self._loop.add_writer(self._terminal, self._write)
            return
        except OSError:  # the program ended
            self._unwritten.clear()
        self._loop.remove_writer(self._terminal)
