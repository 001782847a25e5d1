"""Items from what a job was submitted with: a JSON object id to content, checked against the pipeline's schema."""

from __future__ import annotations

from collections.abc import Iterator

from supervisor.model.pipeline import JobInput
from supervisor.project.job_input import check_input
from supervisor.sources.envelope import WHOLE
from supervisor.sources.json_rows import items_of_value, parsed
from supervisor.sources.json_source import items_path, unreadable
from supervisor.sources.source import SourceContext, SourceItem
from supervisor.text.content_hash import fingerprint


class SubmittedSource:
    """The input of one job; the file that its phase names where it was submitted without one."""

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        self._path = items_path(context)

    @property
    def name(self) -> str:
        if self._context.submitted is not None:
            return "the job's input"
        return self._context.project.relative(self._path)

    def fingerprint(self) -> str:
        return fingerprint(self._data(), str(self._context.phase.items_file).encode())

    def items(self) -> Iterator[SourceItem]:
        """InputError where it is not what the pipeline takes."""
        data = self._data()
        check_input(self._context.project, self._context.pipeline, parsed(data, self.name), self.name)
        yield from items_of_value(data, self.name, WHOLE)  # its schema says what it is

    def _data(self) -> bytes:
        if self._context.submitted is not None:
            return self._context.submitted.encode()
        try:
            return self._path.read_bytes()
        except OSError as error:
            raise unreadable(error, self.name, self._context.phase.id) from error


def submitted_source(context: SourceContext) -> SubmittedSource | None:
    """The source of a phase that takes the job's input; None of any other."""
    return SubmittedSource(context) if isinstance(context.phase.items, JobInput) else None
