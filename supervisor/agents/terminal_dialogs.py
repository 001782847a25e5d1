"""How a program that is typed into is answered: its dialogs, and when it is ready for input."""

from __future__ import annotations

from supervisor.model.frozen_model import FrozenModel


class TerminalDialog(FrozenModel):
    """Something that a terminal program may ask, and what is answered."""

    shows: str
    """Regular expression, searched in the screen's text."""
    answer: str
    """What is typed."""


class TerminalProtocol(FrozenModel):
    """How a terminal program is talked to that cannot work without a person before it."""

    ready: str
    """Regular expression, searched in the screen's text: it waits for input."""
    dialogs: tuple[TerminalDialog, ...] = ()
    """Questions that it may ask at any time."""
    asks: str | None = None
    """Regular expression by which any question of it is known, also one that is not among `dialogs`."""
    busy: str | None = None
    """Regular expression that its screen shows while it works, also where it shows `ready`."""
    lead: str = ""
    """What is typed before the prompt is pasted."""
    submit: str = "\r"
    """What is typed after the prompt."""
    leave: tuple[str, ...] = ("\x04",)
    """What is typed to leave, one after the other."""
