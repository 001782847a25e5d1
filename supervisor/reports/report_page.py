"""A report as one HTML page that needs nothing else: no script, no address, no style but its own."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import jinja2
from markupsafe import Markup

from supervisor import __version__
from supervisor.model.agent_cooldown import REASONS
from supervisor.reports.charts import statistic_charts, timeline_chart
from supervisor.reports.charts.chart_canvas import SIZES, Drawn, Size, inlined
from supervisor.reports.charts.time_axis import TimeAxis
from supervisor.reports.report_data import ReportData
from supervisor.reports.session_history import KINDS
from supervisor.text.human_units import duration, money
from supervisor.text.plain_text import plain, plain_line

Draw = Callable[[Size], Drawn]
MARKS = {
    "completed": "✓",
    "completed_with_gaps": "◐",
    "failed": "✕",
    "cancelled": "⊘",
    "stopped": "■",
    "running": "▶",
    "paused": "‖",
    "stopping": "■",
    "interrupted": "‖",
    "queued": "…",
}
"""What tells how a job stands besides its colour."""
_HERE = Path(__file__).parent


def page(figures: ReportData) -> bytes:
    """The whole page."""
    css = (_HERE / "page.css").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        duration=duration, money=money, line=plain_line, text=plain, count=_count, clock=_clock, day=_day
    )
    usage, axis = figures.summary.usage, _axis(figures)
    text = environment.get_template("page.html.j2").render(
        css=Markup(f"\n{css}"),  # noqa: S704 - the file beside this one
        policy=_policy(f"\n{css}"),
        f=figures,
        job=figures.job,
        summary=figures.summary,
        mark=MARKS.get(figures.job.status, "•"),
        status=figures.job.status.replace("_", " "),
        names={phase.summary.id: phase.summary.name for phase in figures.phases},
        tokens=[
            (name, count)
            for name, count in (
                ("in", usage.input_tokens),
                ("out", usage.output_tokens),
                ("read from cache", usage.cache_read_tokens),
                ("written to cache", usage.cache_write_tokens),
            )
            if count is not None
        ],
        kinds=[(kind, n) for kind in KINDS if (n := sum(phase.outcomes[kind.key] for phase in figures.phases))],
        hatches=timeline_chart.HATCHES,
        marks=timeline_chart.MARKS,
        one_by_one=[timeline_chart.bars_fit(figures, size) for size in SIZES],
        most_errors=max((kind.errors for kind in figures.errors), default=1),
        closings=_closings(figures),
        reasons=REASONS,
        cuts=() if axis is None else axis.cuts,
        charts={} if axis is None else _charts(figures, axis),
        version=__version__,
    )
    return text.encode("utf-8", "replace")  # half of a surrogate pair is no letter


def _axis(figures: ReportData) -> TimeAxis | None:
    """The time of all charts; None where no session was started."""
    if not figures.sessions:
        return None
    start = min(session.start for session in figures.sessions)
    end = max(session.end for session in figures.sessions)
    return TimeAxis(start, max([end, *(batch.at for batch in figures.ended)]), figures.pauses)


def _charts(figures: ReportData, axis: TimeAxis) -> dict[str, Markup]:
    """Name to the chart, for wide and for narrow pages."""
    wanted: dict[str, tuple[str, Draw]] = {
        "timeline": ("All sessions over time, by phase", lambda size: timeline_chart.draw(figures, axis, size)),
        "time": ("Where the time went", lambda size: statistic_charts.time_spent(figures, size)),
        "durations": ("How long sessions took, by phase", lambda size: statistic_charts.how_long(figures, size)),
        "throughput": ("Items done over time, by phase", lambda size: statistic_charts.throughput(figures, axis, size)),
    }
    if not figures.ended:
        del wanted["throughput"]
    if not any(session.duration_s is not None for session in figures.sessions):
        del wanted["durations"]
    return {name: _chart(label, draw) for name, (label, draw) in wanted.items()}


def _chart(label: str, draw: Draw) -> Markup:
    """For each width a chart as XML, which escapes what is in it."""
    return Markup("").join(
        Markup(f'<div class="{size.name}">{inlined(draw(size), size, label)}</div>')  # noqa: S704
        for size in SIZES
    )


def _policy(css: str) -> str:
    """Nothing may be loaded or run, and no style holds but this one."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _closings(figures: ReportData) -> list[tuple[str, int, float]]:
    """Agent, how often it was limited, and for how many seconds."""
    agents = dict.fromkeys(closing.agent for closing in figures.closings)
    own = {agent: [c for c in figures.closings if c.agent == agent] for agent in agents}
    return [(agent, len(each), sum(c.end - c.start for c in each)) for agent, each in own.items()]


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _clock(at: float | None) -> str:
    """Local time to the second; a dash where there is none."""
    return "–" if at is None else f"{datetime.fromtimestamp(at):%Y-%m-%d %H:%M:%S}"


def _day(at: float) -> str:
    """The same with the zone of it."""
    return f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M:%S %Z}"
