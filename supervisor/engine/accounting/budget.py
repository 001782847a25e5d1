"""What a job may cost in all: money, sessions, time; at the limit nothing new starts."""

from __future__ import annotations

from supervisor.engine.accounting.job_progress import JobProgress
from supervisor.model.job import JobOptions
from supervisor.text.human_units import duration, money


class Budget:
    """Compares what was spent, over all supervisors that worked on the job, with what may be."""

    def __init__(self, options: JobOptions, progress: JobProgress) -> None:
        self._options = options
        self._progress = progress

    def exhausted(self) -> str | None:
        """Which limit is reached, and how it is raised; None while there is something left."""
        options, progress = self._options, self._progress
        if options.max_cost is not None and (progress.cost or 0.0) >= options.max_cost:
            return f"{money(progress.cost)} of {money(options.max_cost)} are spent (--max-cost)"
        if options.max_cost is not None and progress.untold:
            untold = f"{progress.untold} sessions did not tell what they cost"
            return f"{untold}, so --max-cost cannot be kept: use --max-sessions"
        if options.max_sessions is not None and progress.sessions_started >= options.max_sessions:
            return f"{progress.sessions_started} of {options.max_sessions} sessions are started (--max-sessions)"
        if options.max_runtime is not None and progress.elapsed_s >= options.max_runtime:
            return f"{duration(progress.elapsed_s)} of {duration(options.max_runtime)} are over (--max-runtime)"
        return None

    def time_left_s(self) -> float | None:
        """Seconds of work that are left; None: as long as it takes."""
        if self._options.max_runtime is None:
            return None
        return max(0.0, self._options.max_runtime - self._progress.elapsed_s)
