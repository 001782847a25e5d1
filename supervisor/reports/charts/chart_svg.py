"""Elements of SVG as they stand in a page: in the page's own colours and letters, what is said in them escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup, escape

Given = float | str | None
"""The value of an attribute."""


def element(tag: str, given: Mapping[str, Given], content: str = "") -> Markup:
    """An element around what is markup already; numbers are pixels, and what is None is left out."""
    words = "".join(f' {key.replace("_", "-")}="{_value(value)}"' for key, value in given.items() if value is not None)
    return Markup(f"<{tag}{words}>{content}</{tag}>")  # noqa: S704 - all of it is escaped


def group(content: Iterable[Markup], **given: Given) -> Markup:
    """Elements that look alike."""
    return element("g", given, "".join(content))


def box(left: float, right: float, top: float, bottom: float, said: str = "", **given: Given) -> Markup:
    """A rectangle, and what it says when it is pointed at."""
    title = f"<title>{escape(said)}</title>" if said else ""
    return element("rect", {"x": left, "y": top, "width": right - left, "height": bottom - top, **given}, title)


def path(points: Sequence[tuple[float, float]], **given: Given) -> Markup:
    """Straight lines from point to point."""
    line = "L".join(f"{_value(x)} {_value(y)}" for x, y in points)
    return element("path", {"d": f"M{line}", **given})


def text(x: float, y: float, words: str, **given: Given) -> Markup:
    """A line of text, its middle at `y`."""
    return element("text", {"x": x, "y": y, "dy": "0.35em", **given}, escape(words))


def _value(value: float | str) -> str:
    return str(escape(value)) if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
