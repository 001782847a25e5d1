"""What a session comes to, now that it ended."""

from __future__ import annotations

from supervisor.agents.cli_driver import CliDriver
from supervisor.executors.local.session_monitor import SessionMonitor
from supervisor.host.durable_files import last_change
from supervisor.model.session import Ending, OutputRejection, SessionRequest, SessionResult
from supervisor.text.plain_text import plain_line
from supervisor.text.strict_json import JsonRefused, parse_strict


def session_outcome(
    spec: SessionRequest,
    agent: CliDriver,
    watch: SessionMonitor,
    ending: Ending,
    exit_status: int | None,
    duration_s: float,
    read: bytes | OutputRejection,
) -> SessionResult:
    """The session's result: its output where there is one, else why there is none; `read` is what is there now."""
    tail = watch.transcript.tail()
    if ending == "exited":
        watch.parser.finish(exit_status, tail)
    agent.parse_files(watch.home, watch.parser)
    heard = watch.heard
    heard = heard.model_copy(update={"usage": agent.priced(heard.usage)})
    output: bytes | None = None
    complete_at: float | None = None
    refusal: OutputRejection | None = None
    if watch.output_complete:
        output, complete_at = watch.output.complete.result()
        if isinstance(read, bytes) and _parses(read):
            output = read  # what it made of it while it finished
    elif isinstance(read, bytes):
        output, complete_at = read, last_change(watch.output.path)
    else:
        refusal = read
    whole = output is not None and _parses(output)
    if whole and ending in ("troubled", "stalled", "could_not_start"):
        ending = "output"  # what ended the session came too late to matter
    elif heard.trouble is not None and not whole:
        ending, output = "troubled", None
        refusal = OutputRejection(kind=heard.trouble.kind, message=heard.trouble.message)
    elif ending == "could_not_start":
        output, refusal = None, OutputRejection(kind="could_not_start", message="the spawner process ended")
    elif ending == "stalled":
        output, refusal = None, _why_stuck(watch)
    elif refusal is not None:
        said = next(
            (line for each in reversed(tail.splitlines()) if (line := plain_line(agent.display(each), 300))), ""
        )
        refusal = _explained(refusal, watch, ending, exit_status, said, spec.timeout_s)
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


def _parses(data: bytes) -> bool:
    try:
        parse_strict(data)
    except JsonRefused:
        return False
    return True


def _explained(
    refusal: OutputRejection,
    watch: SessionMonitor,
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


def _why_stuck(watch: SessionMonitor) -> OutputRejection:
    screen = "" if watch.typist is None else f"; its screen showed:\n{watch.typist.last_lines()}"
    if watch.typist is not None and watch.typist.stuck.done() and not watch.typist.stuck.cancelled():
        return OutputRejection(kind="unknown_dialog", message=f"{watch.typist.stuck.result()}{screen}")
    silence = watch.life.stalled.result() if watch.life.stalled.done() else "nothing came of it"
    return OutputRejection(kind="stalled", message=f"the session was ended: {silence}{screen}")
