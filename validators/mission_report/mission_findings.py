"""What is wrong with the answer for one household: shapes, copied parts and texts, as all phases have them."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

from supervisor import ValidationError

_FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_MARKS = set("<>|*#[]{}`")
_ADDRESS = re.compile(r"\b(?:[a-z][a-z0-9+.-]*://|www\.)", re.IGNORECASE)


class Findings:
    """Gathers the errors of one item."""

    def __init__(self, item_id: str) -> None:
        self._item_id = item_id
        self.errors: list[ValidationError] = []

    def add(self, kind: str, message: str, suggestion: str) -> None:
        """One error more."""
        self.errors.append(ValidationError(type=kind, item_id=self._item_id, message=message, suggestion=suggestion))

    def members(self, where: str, value: Any, *names: str) -> bool:
        """Whether a value is an object with exactly these members."""
        if isinstance(value, dict) and set(value) == set(names):
            return True
        self.add(
            "wrong_shape",
            f"{where} is {described(value)}",
            f"write an object with exactly the members {', '.join(names)}",
        )
        return False

    def array(self, where: str, value: Any) -> bool:
        """Whether a value is an array."""
        if isinstance(value, list):
            return True
        self.add("wrong_shape", f"{where} is {described(value)}", "write an array")
        return False

    def copied(self, where: str, value: Any, expected: Any) -> None:
        """A part is as it was given."""
        if value != expected:
            self.add("changed_part", f"{where} is {described(value)}, given was {described(expected)}", "copy it")

    def one_of(self, where: str, value: Any, *choices: str) -> None:
        """A value is one of these words."""
        if not isinstance(value, str) or value not in choices:
            self.add("unknown_word", f"{where} is {described(value)}", f"write one of: {', '.join(choices)}")

    def same_order(self, where: str, given: list[Any], expected: list[str]) -> bool:
        """Whether the emergencies of an answer are those that were given, in their order."""
        if given == expected:
            return True
        self.add(
            "wrong_scenarios",
            f"{where} has the emergencies {described(given)}, given were {described(expected)}",
            "write one entry for each given emergency, in the given order",
        )
        return False

    def texts(self, where: str, value: Any, *, counts: tuple[int, int], lengths: tuple[int, int]) -> None:
        """An array of so many different texts of such lengths."""
        if not self.array(where, value):
            return
        least, most = counts
        if not least <= len(value) <= most:
            self.add("wrong_count", f"{where} has {len(value)} entries", f"write {least} to {most}")
        for number, text in enumerate(value, 1):
            self.text(f"{where}, entry {number},", text, lengths)
        folded = [" ".join(text.casefold().split()) for text in value if isinstance(text, str)]
        if doubled := [text for text in dict.fromkeys(folded) if folded.count(text) > 1]:
            self.add("doubled_text", f"{where} says {quoted(doubled[0])} more than once", "write different texts")

    def text(self, where: str, value: Any, lengths: tuple[int, int]) -> None:
        """A text of one plain line."""
        least, most = lengths
        if not isinstance(value, str):
            self.add("wrong_shape", f"{where} is {described(value)}", "write a text")
        elif not least <= len(value.strip()) <= most:
            self.add(
                "wrong_length",
                f"{where} has {len(value.strip())} characters: {quoted(value)}",
                f"write {least} to {most} characters",
            )
        elif value != value.strip() or any(unicodedata.category(char) in _FORBIDDEN for char in value):
            self.add("not_one_line", f"{where} is no line of visible characters: {quoted(value)}", "write one line")
        elif marks := [char for char in dict.fromkeys(value) if char in _MARKS]:
            self.add("markup", f"{where} holds {' '.join(marks)}: {quoted(value)}", "no Markdown or HTML: write words")
        elif _ADDRESS.search(value):
            self.add("address", f"{where} holds the address of a web page: {quoted(value)}", "leave it out")


def quoted(text: str) -> str:
    """A text in quotation marks, shortened, and fit for any message."""
    shown = text if len(text) <= 120 else text[:119] + "…"
    return json.dumps(shown, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")


def described(value: Any) -> str:
    """A value as JSON, shortened, for messages."""
    text = json.dumps(value, ensure_ascii=False)
    shown = text if len(text) <= 240 else text[:239] + "…"
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")
