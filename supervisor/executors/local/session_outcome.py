"""What a session comes to, now that it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from supervisor.executors.local.session_monitor import SessionMonitor
from supervisor.host.durable_files import last_change
from supervisor.model.json_document import JsonDocument
from supervisor.model.session import Ending, OutputRejection, SessionResult
from supervisor.text.plain_text import plain_line

_READ_PAUSES_S = (0.1, 0.5, 2.0)


async def read_output(collect: Callable[[], bytes | OutputRejection]) -> bytes | OutputRejection:
    """What a session wrote; where the machine cannot read at the moment, a few more tries: it is paid for."""
    for pause_s in _READ_PAUSES_S:
        try:
            return collect()
        except OSError:
            await asyncio.sleep(pause_s)
    return collect()


def session_outcome(
    monitor: SessionMonitor, ending: Ending, exit_status: int | None, duration_s: float, read: bytes | OutputRejection
) -> SessionResult:
    """The session's result: its output where there is one, else why there is none; `read` is what is there now."""
    agent = monitor.agent
    tail = monitor.transcript.tail()
    if ending == "exited":
        monitor.parser.finish(exit_status, tail)
    agent.parse_files(monitor.home, monitor.parser)
    heard = monitor.heard
    heard = heard.model_copy(update={"usage": agent.priced(heard.usage)})
    output: JsonDocument | None = None
    complete_at: float | None = None
    refusal: OutputRejection | None = None
    if monitor.output_complete:
        output, complete_at = monitor.output.complete.result()
        if isinstance(read, bytes) and read != output.data and (finished := JsonDocument(read)).is_strict:
            output = finished  # what it made of it while it finished
    elif isinstance(read, bytes):
        output, complete_at = JsonDocument(read), last_change(monitor.output.path)
    else:
        refusal = read
    whole = output is not None and output.is_strict
    if whole and ending in ("troubled", "stalled", "over_limit", "could_not_start"):
        ending = "output"  # what ended the session came too late to matter
    elif heard.trouble is not None and not whole:
        ending, output = "troubled", None
        refusal = OutputRejection(kind=heard.trouble.kind, message=heard.trouble.message)
    elif ending == "could_not_start":
        output, refusal = None, OutputRejection(kind="could_not_start", message="the spawner process ended")
    elif ending == "over_limit":
        message = f"the session was ended: {monitor.over_limit}"
        output, refusal = None, OutputRejection(kind="over_limit", message=message, suggestion="do it with less")
    elif ending == "stalled":
        output, refusal = None, _why_stuck(monitor)
    elif refusal is not None:
        said = next(
            (line for each in reversed(tail.splitlines()) if (line := plain_line(agent.display(each), 300))), ""
        )
        refusal = _explained(refusal, monitor, ending, exit_status, said, monitor.request.timeout_s)
    return SessionResult(
        ending=ending,
        output=output,
        refusal=refusal,
        exit_status=exit_status,
        heard=heard,
        transcript_tail=tail,
        duration_s=duration_s,
        output_complete_at=complete_at,
    )


def _explained(
    refusal: OutputRejection,
    monitor: SessionMonitor,
    ending: Ending,
    exit_status: int | None,
    said: str,
    timeout_s: float,
) -> OutputRejection:
    """Where there is no output at all, how the session ended says more than that."""
    if refusal.kind != "no_output":
        return refusal
    if ending == "timed_out":
        return OutputRejection(
            kind="timed_out",
            message=f"the session was ended after {timeout_s:g} s without a complete output",
            suggestion="write the output earlier",
        )
    if exit_status:
        how = f"signal {-exit_status}" if exit_status < 0 else f"exit status {exit_status}"
        why = f": {said}" if said and exit_status > 0 else ""
        return OutputRejection(kind="crashed", message=f"the session ended with {how} and wrote no output{why}")
    return refusal.model_copy(update={"message": f"{refusal.message}; it said last: {said}"}) if said else refusal


def _why_stuck(monitor: SessionMonitor) -> OutputRejection:
    screen = "" if monitor.typist is None else f"; its screen showed:\n{monitor.typist.last_lines()}"
    if monitor.typist is not None and monitor.typist.stuck.done() and not monitor.typist.stuck.cancelled():
        return OutputRejection(kind="unknown_dialog", message=f"{monitor.typist.stuck.result()}{screen}")
    silence = monitor.life.stalled.result() if monitor.life.stalled.done() else "nothing came of it"
    return OutputRejection(kind="stalled", message=f"the session was ended: {silence}{screen}")
