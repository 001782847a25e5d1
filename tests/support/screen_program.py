"""A program that has to be typed into, as an agent."""

from __future__ import annotations

from typing import Any

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
    show("working")
    time.sleep(0.5)  # as long as no program that is looked at four times a second works unseen


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
