"""The terminal that sessions see."""

from __future__ import annotations

ROWS, COLUMNS = 40, 120
