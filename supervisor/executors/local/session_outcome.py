"""What a session comes to, now that it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from supervisor.executors.local.masked_report import masked_report
from supervisor.executors.local.session_monitor import SessionMonitor
from supervisor.host.durable_files import last_change
from supervisor.host.unforeseen import as_error
from supervisor.model.json_document import JsonDocument
from supervisor.model.session import Ending, OutputRejection, SessionResult
from supervisor.text.plain_text import plain_line

_READ_PAUSES_S = (0.1, 0.5, 2.0)
_LONGEST_WORDS = 2000


async def read_output(collect: Callable[[], bytes | OutputRejection]) -> bytes | OutputRejection:
    """What a session wrote; where the machine cannot read at the moment, a few more tries: it is paid for."""
    for pause_s in _READ_PAUSES_S:
        try:
            return collect()
        except OSError:
            await asyncio.sleep(pause_s)
    return collect()


async def final_output(
    monitor: SessionMonitor, read: bytes | OutputRejection
) -> tuple[JsonDocument | OutputRejection, tuple[str, ...]]:
    """What counts of what a session wrote, `read` being what is there at its end, and what is to be said of it.

    Where a session was ended since its answer stood, and it changed that at the last moment to what does not pass, the
    answer that stood is taken.
    """
    if monitor.stood is None:
        return read if isinstance(read, OutputRejection) else JsonDocument(read), ()
    last = JsonDocument(read) if isinstance(read, bytes) else None
    if last is not None and (last == monitor.stood or await monitor.passes(last)):
        return last, ()
    return monitor.stood, ("what it changed as it was asked to end does not pass: the answer before that is taken",)


def session_outcome(
    monitor: SessionMonitor,
    ending: Ending,
    exit_status: int | None,
    duration_s: float,
    found: JsonDocument | OutputRejection,
    remarks: tuple[str, ...] = (),
) -> SessionResult:
    """The session's result: its output where there is one, else why there is none."""
    agent = monitor.agent
    tail = monitor.transcript.tail()
    if ending == "exited":
        monitor.parser.finish(exit_status, tail)
    agent.parse_files(monitor.home, monitor.parser)
    heard = masked_report(monitor.heard, monitor.mask)
    heard = heard.model_copy(update={"usage": agent.priced(heard.usage)})
    output = found if isinstance(found, JsonDocument) else None
    whole = output is not None and output.usable
    if heard.trouble is not None and not whole:
        ending, output = "troubled", None
    elif ending in ("stalled", "over_limit", "cut_off") and not whole:
        output = None
    if whole and ending == "exited" and (exit_status or 0) > 0:
        remarks = (*remarks, f"it ended with exit status {exit_status}; what it had written is judged all the same")
    result = SessionResult(
        ending=ending,
        output=output,
        exit_status=exit_status,
        heard=heard,
        transcript_tail=tail,
        duration_s=duration_s,
        output_changed_at=None if output is None else last_change(monitor.output.path),
        remarks=remarks,
    )
    if output is not None and result.is_final:
        return result
    return result.model_copy(update={"refusal": _refusal(monitor, result, found)})


def not_understood(
    ending: Ending,
    exit_status: int | None,
    duration_s: float,
    found: JsonDocument | OutputRejection,
    error: Exception,
) -> SessionResult:
    """The result of a session of which only this is known: what it printed and left could not be made sense of."""
    why = as_error(error).in_one_line()
    remark = f"what it printed and left could not be made sense of: {why}"
    result = SessionResult(
        ending=ending,
        output=found if isinstance(found, JsonDocument) and found.usable else None,
        exit_status=exit_status,
        duration_s=duration_s,
        remarks=(remark,),
    )
    if result.output is not None and result.is_final:
        return result
    return result.model_copy(update={"refusal": OutputRejection(kind="no_output", message=remark)})


def _refusal(monitor: SessionMonitor, result: SessionResult, found: JsonDocument | OutputRejection) -> OutputRejection:
    """Why there is no output, or what ended the session before it came to its end."""
    trouble, ending, status = result.heard.trouble, result.ending, result.exit_status
    if trouble is not None:
        return OutputRejection(kind=trouble.kind, message=trouble.message)
    if ending == "cut_off":
        return OutputRejection(kind="cut_off", message="the process that held the session ended before it did")
    if ending == "stalled":
        return _why_stuck(monitor)
    if ending == "over_limit":
        message = f"the session was ended: {monitor.over_limit}"
        return OutputRejection(kind="over_limit", message=message, suggestion="do it with less")
    if isinstance(found, OutputRejection) and found.kind != "no_output":
        return found
    if ending == "timed_out":
        how = "without a complete output" if result.output is None else "and had not come to its end"
        return OutputRejection(
            kind="timed_out",
            message=f"the session was ended after {monitor.request.timeout_s:g} s {how}",
            suggestion="write the output earlier, and end once it is written",
        )
    said = _said_last(monitor, result)
    if status and ending == "exited":
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        what = "wrote no output" if result.output is None else "had not come to its end"
        why = f": {said}" if said and status > 0 else ""
        return OutputRejection(kind="crashed", message=f"the session ended with {how} and {what}{why}")
    if not isinstance(found, OutputRejection):
        return OutputRejection(kind="cut_off", message="the session was ended before it came to its end")
    return found.model_copy(update={"message": f"{found.message}; it said last: {said}"}) if said else found


def _said_last(monitor: SessionMonitor, result: SessionResult) -> str:
    """The agent's last words, on one line; of one that failed, what it printed last says more."""
    words = "" if result.exit_status else result.heard.last_words
    if not words and monitor.typist is not None:
        words = monitor.typist.last_words()
    printed = (
        line
        for each in reversed(result.transcript_tail.splitlines())
        if (line := plain_line(monitor.agent.display(each), 300))
    )
    return plain_line(words, _LONGEST_WORDS) or next(printed, "")


def _why_stuck(monitor: SessionMonitor) -> OutputRejection:
    """What nothing came of: for how long, which setting ended it, and what was to be seen last."""
    typist = monitor.typist
    if typist is not None and typist.stuck.done() and not typist.stuck.cancelled():
        return OutputRejection(
            kind="unknown_dialog", message=f"{typist.stuck.result()}; its screen showed:\n{typist.last_lines()}"
        )
    silence = monitor.life.stalled.result() if monitor.life.stalled.done() else "nothing came of it"
    if typist is not None:
        last = f"; its screen showed:\n{typist.last_lines()}"
    else:
        printed = (
            plain_line(monitor.agent.display(line), 300) for line in monitor.transcript.tail().splitlines()[::-1]
        )
        said = next(filter(None, printed), "")
        last = f"; its last line was: {said}" if said else ""
    return OutputRejection(kind="stalled", message=f"the session was ended: {silence}{last}")
