"""How many examples property tests try: few, always the same ones, unless HYPOTHESIS_PROFILE=long asks for many new."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, settings

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
_TIMES = 50 if LONG else 1
USUAL = 100 * _TIMES
"""Of tests that do not say how many."""


def examples(count: int, **more: Any) -> settings:
    """Settings of a test that tries so many examples, and 50 times as many in the long form."""
    return settings(max_examples=count * _TIMES, deadline=None, suppress_health_check=list(HealthCheck), **more)
