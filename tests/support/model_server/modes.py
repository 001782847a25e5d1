"""The ways in which the model behaves: right, wrong, refusing, silent, slow."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Literal, NamedTuple

from supervisor.model.frozen_model import FrozenModel
from tests.support.model_server.turns import Json, Write


class Batch(FrozenModel):
    """What a prompt of this project asks for."""

    items: dict[str, Json]
    output: str
    retry: bool

    @classmethod
    def find(cls, prompt: str) -> Batch | None:
        """The last batch in the text; none where it is not such a prompt."""
        items = re.findall(r"The items, id to content:\s+(`{3,})json\n(.*?)\n\1", prompt, re.DOTALL)
        output = re.findall(r"Write the output as one JSON file to this path[^\n]*\n\s*\n {4}(\S.*)", prompt)
        if not items or not output:
            return None
        retry = re.search(r"^# RETRY\b", prompt, re.MULTILINE) is not None
        return cls(items=json.loads(items[-1][1]), output=output[-1].strip(), retry=retry)


def connection_test(prompt: str) -> Write | None:
    """What `agents test` asks to be written; none where it is no such prompt."""
    asked = re.search(r"Write the JSON object (\{.*?\}) to this path[^\n]*\n\s*\n {4}(\S.*)", prompt)
    return None if asked is None else Write(asked[2].strip(), asked[1])


def right(batch: Batch) -> str:
    """The square of every item that has an `n`, an echo of every other."""
    squares = {name: item["n"] for name, item in batch.items.items() if isinstance(item, dict) and "n" in item}
    answers = {
        name: {"square": squares[name] ** 2} if name in squares else {"echo": item}
        for name, item in batch.items.items()
    }
    return json.dumps(answers, ensure_ascii=False, indent=1)


def not_json(_: Batch) -> str:
    return "Here are the answers:\n- all of them are squares"


def with_gaps(batch: Batch) -> str:
    kept = {name: item for number, (name, item) in enumerate(batch.items.items(), start=1) if number % 3}
    return right(batch.model_copy(update={"items": kept}))


def at_first(wrong: Callable[[Batch], str]) -> Callable[[Batch], str]:
    """Wrong until the prompt says so."""
    return lambda batch: right(batch) if batch.retry else wrong(batch)


Trouble = Literal[
    "rate_limit", "rate_limit_reset", "usage_limit", "no_credit", "overloaded", "unauthorized", "wrong_model"
]


class Mode(NamedTuple):
    """One way to behave."""

    meaning: str
    content: Callable[[Batch], str] = right
    trouble: Trouble | None = None
    lasting: bool = False
    """Requests are refused for good, not only the first ones."""
    silent: bool = False
    held: bool = False
    command: str | None = None
    """What it runs before it writes."""
    question: str | None = None
    """What it says in place of its work, until the prompt has a retry section."""
    breaks_off: bool = False
    """Its first answers stop half-way: the connection is closed."""


MODES = {
    "good": Mode("writes the right answers, says a sentence, ends"),
    "wrong_json": Mode("writes what is not JSON, until the prompt has a retry section", at_first(not_json)),
    "always_wrong_json": Mode("writes what is not JSON", not_json),
    "missing_items": Mode("leaves out every third item, until the prompt has a retry section", at_first(with_gaps)),
    "rate_limit": Mode("429 without a reset time at first, then good", trouble="rate_limit"),
    "rate_limit_reset": Mode("429 with the provider's reset times at first, then good", trouble="rate_limit_reset"),
    "usage_limit": Mode("the limit of the subscription is used up", trouble="usage_limit", lasting=True),
    "no_credit": Mode("the money of the account is used up", trouble="no_credit", lasting=True),
    "overloaded": Mode("529 or 503 at first, then good", trouble="overloaded"),
    "overloaded_always": Mode("529 or 503", trouble="overloaded", lasting=True),
    "unauthorized": Mode("the key is not known", trouble="unauthorized", lasting=True),
    "wrong_model": Mode("the model is not known", trouble="wrong_model", lasting=True),
    "asks": Mode(
        "asks a question and ends, until the prompt has a retry section", question="Which format, JSON or CSV?"
    ),
    "breaks_off": Mode("its first answers stop half-way, then good", breaks_off=True),
    "never": Mode("takes requests and never answers", silent=True),
    "slow": Mode("says a word, waits for release(), goes on as good", held=True),
    "background": Mode("leaves a process in the background, then good", command="setsid sleep {nap} >/dev/null 2>&1 &"),
    "permission": Mode("runs a shell command, allowed or not, then good", command="sh -c 'echo ran > shell.txt'"),
}
