"""What a job that is at work shows of itself: that it runs, or what it waits for."""

from __future__ import annotations

from supervisor.engine.dispatch.admission import Denied
from supervisor.engine.job.job_recorder import JobRecorder
from supervisor.engine.job_context import JobContext


class ShownStatus:
    """Writes it where it changed."""

    def __init__(self, context: JobContext, recorder: JobRecorder) -> None:
        self._context = context
        self._recorder = recorder
        self._short_of: str | None = None
        """What the disk is short of."""
        self._shown: tuple[str, str | None] = ("running", None)
        self.fewer = ""
        """Why fewer sessions run at once than it asks for."""

    def show(self, denied: Denied | None, *, any_running: bool) -> None:
        """`denied`: why no session is started now, for example until a limit ends or the disk has room."""
        before, self._short_of = self._short_of, denied.text if denied and denied.reason == "disk" else None
        if before != self._short_of:
            text = f"no session is started: {self._short_of}" if self._short_of else "there is room on the disk again"
            level = "WARNING" if self._short_of else "INFO"
            self._context.event_log.append_now(self._context.id, "disk_room", text, level=level)
        pause = None
        if denied is not None and denied.reason not in ("leader", "slots"):
            pause = denied.text if denied.reason == "cooldown" else f"paused ({denied.text})"
        status = "paused" if pause is not None and not any_running else "running"
        if (status, pause) != self._shown:
            self._shown = (status, pause)
            self._recorder.shows(status, pause or self.fewer)
