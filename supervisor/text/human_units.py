"""Numbers for people, and times as people write them."""

from __future__ import annotations

import re


def duration(seconds: float) -> str:
    """`0.7 s`, `0:17`, `12:34`, `3:04:05`, `2 d 03:04:05`."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    whole = int(seconds + 0.5)
    days, rest = divmod(whole, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    if days:
        return f"{days} d {hours:02}:{minutes:02}:{rest:02}"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def money(usd: float | None) -> str:
    """`$1.23`, or `unknown` where no agent told."""
    return "unknown" if usd is None else f"${usd:,.2f}" if usd >= 0.01 or usd == 0 else f"${usd:.4f}"


TIME_WORDS = 'seconds, or "90s", "15m", "8h", "2d"'
"""How a time is written in files, for people."""


def seconds_of(text: str) -> float:
    """Seconds of a time as people write it: `90`, `90s`, `15m`, `8h`, `2d`, `1h30m`; ValueError where it is none."""
    written = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?", written):
        return float(written)
    if not re.fullmatch(r"(\d+(\.\d+)?\s*[smhd]\s*)+", written):
        raise ValueError(f"{text!r} is no time; write seconds, or 90s, 15m, 8h, 2d")
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhd])", written)
    return sum(float(number) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit] for number, unit in parts)
