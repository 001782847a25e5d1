"""What a session's output holds: the file that was asked for, or where that is not there, what it wrote instead."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

from supervisor.engine.validation.output_validation import ParsedOutput, parse_output, refused
from supervisor.model.batch import BatchInput
from supervisor.model.bounded_errors import said
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.json_document import JsonDocument
from supervisor.model.session import OutputRejection, SessionResult
from supervisor.text.mended_json import value_at_end
from supervisor.workspaces.other_files import other_json_files
from supervisor.workspaces.transcript_reader import is_drawn, plain
from supervisor.workspaces.untrusted_file import read_untrusted_file
from supervisor.workspaces.workspace_provider import Workspace

_LONGEST_END = 1 << 20
"""Bytes of the end of a transcript in which an answer is looked for."""
_MOST_TOLD = 3


class OutputQuestion(FrozenModel):
    """What a session was asked for."""

    merge: str
    asked: BatchInput
    """The items that it was to answer."""
    batch_ids: tuple[str, ...]
    """All items of the batch."""
    output_name: str
    """The file that it was to write."""
    max_output_bytes: int
    max_transcript_bytes: int

    def parse(self, document: JsonDocument) -> ParsedOutput:
        """A document as an answer to it."""
        return parse_output(document, self.merge, tuple(self.asked.items), self.batch_ids)


class _Candidate(NamedTuple):
    """Something that is not where the answer should be."""

    place: str
    parsed: ParsedOutput

    def answers(self, question: OutputQuestion) -> bool:
        """Whether it is a whole answer, and not what the session was given."""
        return not self.parsed.errors and self.parsed.values != question.asked.items


async def session_output(
    result: SessionResult, question: OutputQuestion, workspace: Workspace, *, takes_unfinished: bool
) -> ParsedOutput:
    """What a session's output holds; where it has none that may be judged, why.

    Where it came to its end, and the file that was asked for is missing or empty, the only other JSON file in its
    working directory that is a whole answer is taken, else what it said last. What is not taken is named.
    """
    if result.output is not None and result.can_be_judged(takes_unfinished=takes_unfinished):
        absent = question.parse(result.output)
        if not result.is_final:
            return absent.model_copy(update={"unfinished": True})
        if result.output.data.strip():
            return absent
    else:
        refusal = result.refusal
        assert refusal is not None
        absent = _absent(refusal)
        if not result.is_final or refusal.kind not in ("no_output", "crashed"):
            return absent
    return await asyncio.to_thread(_elsewhere, absent, result, question, workspace)


def _elsewhere(
    absent: ParsedOutput, result: SessionResult, question: OutputQuestion, workspace: Workspace
) -> ParsedOutput:
    found = [
        _Candidate(name, question.parse(JsonDocument(data)))
        for name, data in other_json_files(workspace, question.output_name, question.max_output_bytes)
    ]
    whole = [each for each in found if each.answers(question)]
    if whole and all(each.parsed.values == whole[0].parsed.values for each in whole):
        return _taken(whole[0], f"it was written as {whole[0].place} and not as {question.output_name}")
    if whole:
        names = " and ".join(each.place for each in whole[:_MOST_TOLD])
        return _told(absent, f"there are {names}, which differ: write the answer as {question.output_name}, once")
    for printed in _printed(result, question, workspace):
        if printed.answers(question):
            return _taken(printed, f"it was {printed.place} and not written as {question.output_name}")
    near = [each for each in found if each.parsed.values and each.parsed.values != question.asked.items]
    near = near or [each for each in found if len(found) == 1 and each.parsed.errors]
    if near:
        told = "; ".join(f"there is {each.place}, where {said(each.parsed.errors)}" for each in near[:_MOST_TOLD])
        return _told(absent, f"{told}: write the answer as {question.output_name}")
    return absent


def _printed(result: SessionResult, question: OutputQuestion, workspace: Workspace) -> Iterator[_Candidate]:
    """What it said last, as far as that can be an answer."""
    message = result.heard.last_message
    if message.strip():
        yield _Candidate("in its last message", question.parse(JsonDocument(message.encode("utf-8", "replace"))))
    if end := value_at_end(_end_of_transcript(result, question, workspace)):
        yield _Candidate("printed on its terminal", question.parse(JsonDocument(end.encode("utf-8", "replace"))))


def _end_of_transcript(result: SessionResult, question: OutputQuestion, workspace: Workspace) -> str:
    try:
        data = read_untrusted_file(workspace.transcript, 2 * question.max_transcript_bytes + _LONGEST_END)
    except OSError:
        data = b""
    if not isinstance(data, bytes) or not data:
        return result.transcript_tail
    return (
        "" if is_drawn(data) else plain(data[-_LONGEST_END:].partition(b"\n")[2] if len(data) > _LONGEST_END else data)
    )


def _taken(candidate: _Candidate, note: str) -> ParsedOutput:
    return candidate.parsed.model_copy(update={"mended": (note, *candidate.parsed.mended)})


def _told(absent: ParsedOutput, more: str) -> ParsedOutput:
    first, *others = absent.errors
    told = first.model_copy(update={"message": f"{first.message}; {more}"})
    return absent.model_copy(update={"errors": (told, *others)})


def _absent(refusal: OutputRejection) -> ParsedOutput:
    parsed = refused(refusal.kind, refusal.message, refusal.suggestion)
    return parsed.model_copy(update={"is_absent": True})
