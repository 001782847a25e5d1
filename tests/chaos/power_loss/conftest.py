"""Shows how many states were looked at."""

from __future__ import annotations

import pytest

NUMBERS = ("calls", "moments", "states", "distinct", "reports", "goings_on", "lost", "doubled", "violations")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each test of losses of power."""
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        noted = dict(report.user_properties)
        if report.when == "call" and set(NUMBERS) <= set(noted):
            shown = ", ".join(f"{noted[name]} {name.replace('_', ' ')}" for name in NUMBERS)
            terminalreporter.write_line(f"{report.location[2]}: {shown}")
