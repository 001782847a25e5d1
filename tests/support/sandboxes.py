"""The sandboxes in which a test runs its sessions, and what holds where bubblewrap is not there."""

from __future__ import annotations

import pytest

from supervisor.executors.local.sandbox.bubblewrap import why_no_bubblewrap

_WHY = why_no_bubblewrap()
needs_bubblewrap = pytest.mark.skipif(_WHY is not None, reason=str(_WHY))
LEVELS = ("workspace", pytest.param("bubblewrap", marks=needs_bubblewrap))
"""Values of `sandbox` for a parametrized test or fixture."""
