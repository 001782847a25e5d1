"""Faults on request, drawn from a seed: the ways in which agents go wrong, to be seen and tested."""

from __future__ import annotations

import hashlib
import os
import time
from typing import Any

from supervisor.agents.phrasebook.prompt_parser import Prompt

KINDS = (
    "wrong_id",
    "missing_item",
    "bad_tiling",
    "half_written",
    "hang",
    "crash",
    "slow",
    "output_after_exit",
)
CLEAN_FROM = 3
"""The session of a batch from which on all are clean, so that a job with three attempts ends complete."""
EX_SOFTWARE = 70
SLOW_S = 1.5
LATE_S = 1.0


def drawn(rate: float, seed: int, prompt: Prompt, session: int) -> str | None:
    """The fault of a session, or None; the same for the same arguments. With a rate of 1 every session has one."""
    if rate < 1 and session >= CLEAN_FROM:
        return None
    if _number("strikes", seed, prompt, session) >= rate * 2**64:
        return None
    return KINDS[_number("kind", seed, prompt, session) % len(KINDS)]


def _number(purpose: str, seed: int, prompt: Prompt, session: int) -> int:
    """64 bits that look random, not from `hash()`, which differs from process to process."""
    text = "\n".join((purpose, str(seed), prompt.target, prompt.phase, str(prompt.batch), str(session)))
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "backslashreplace")).digest()[:8], "big")


def spoiled(kind: str, answers: dict[str, Any], prompt: Prompt, seed: int, session: int) -> dict[str, Any]:
    """`answers` with the fault in one of them, where the fault is one of content."""
    if not answers or kind not in ("wrong_id", "missing_item", "bad_tiling"):
        return answers
    victim = list(answers)[_number("item", seed, prompt, session) % len(answers)]
    if kind == "wrong_id":
        stranger = _stranger(prompt)
        return {stranger if item_id == victim else item_id: answer for item_id, answer in answers.items()}
    if kind == "missing_item":
        return {item_id: answer for item_id, answer in answers.items() if item_id != victim}
    return {**answers, victim: _mistold(answers[victim])}


def _stranger(prompt: Prompt) -> str:
    """An id like those of the batch that is none of them."""
    number = 9999
    while (name := f"S{number}") in prompt.items:
        number -= 1
    return name


def _mistold(answer: Any) -> Any:
    """The answer with a LEGO less, or with a word of its known side changed."""
    if isinstance(answer, dict):
        phrases = answer["phrases"]
        return {**answer, "phrases": [*phrases[:-1], *([_mistold(phrases[-1])] if phrases else [])]}
    target, known = answer
    if isinstance(known, list):
        return [target, known[:-1]]
    first, space, rest = known.partition(" ")
    return [target, f"{first}x{space}{rest}"]


def hang() -> None:
    """Wait until somebody ends the process."""
    while True:
        time.sleep(3600)


def left_behind() -> bool:
    """Split in two: False for the process that was started, True for one that outlives it by `LATE_S` seconds.

    The survivor is no child of its starter, in a session of its own, and silent; it has slept when this returns.
    """
    middle = os.fork()
    if middle:
        os.waitpid(middle, 0)
        return False
    os.setsid()
    if os.fork():
        os._exit(0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    time.sleep(LATE_S)
    return True
