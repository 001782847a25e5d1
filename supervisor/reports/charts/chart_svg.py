"""Charts as SVG inside a page: in the page's own colours and letters, without styles, addresses or ids of others."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from supervisor.errors import CannotContinue

if TYPE_CHECKING:
    from matplotlib.figure import Figure


COLOURS = {
    name: f"#0000{number:02x}"
    for number, name in enumerate(
        (
            "ink",
            "muted",
            "line",
            "paper",
            "band",
            "accent",
            "passed",
            "partly",
            "failed",
            "limited",
            "stalled",
            "cut",
            "running",
        ),
        start=16,
    )
}
"""What the page calls a colour to what stands for it while a chart is drawn."""
_NAME_OF = {stand_in: f"var(--{name})" for name, stand_in in COLOURS.items()}
_XLINK = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d+\.\d+")
_SIZE = re.compile(r"([\d.]+)px")
_PASSED_ON = {
    "fill",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "fill-opacity",
    "stroke-opacity",
    "opacity",
    "fill-rule",
    "clip-rule",
    "text-anchor",
    "font-size",
    "font-weight",
}
"""Of what is said as style: what may be said as attributes."""


def require_library() -> None:
    """CannotGoOn where what draws is not installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise CannotContinue(
            "a report is drawn with matplotlib, which is not installed",
            where="report",
            remedy="pip install 'phase-supervisor[report]'",
        ) from error


@contextmanager
def drawing(name: str) -> Iterator[None]:
    """How all charts are drawn: letters stay letters, nothing in a name is a formula, ids are the same each time."""
    import matplotlib as mpl

    settings: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "text.parse_math": False,
        "axes.unicode_minus": False,
        "path.simplify": False,
        "hatch.linewidth": 0.9,
        "font.size": 11.5,
        "font.family": "sans-serif",
    }
    with warnings.catch_warnings(), mpl.rc_context(settings):
        warnings.simplefilter("ignore")  # letters that the measuring font has not are drawn by the reader's
        yield


def inlined(figure: Figure, name: str, label: str, titles: Mapping[str, str]) -> str:
    """A chart as an element of a page. `titles` maps the ids of its parts to what they say when pointed at."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    written = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    FigureCanvasSVG(figure).print_svg(written, metadata=nothing)  # type: ignore[no-untyped-call]
    root = ET.fromstring(written.getvalue())  # noqa: S314 - it was made here
    box = root.attrib["viewBox"]
    for each in root.iter():
        _clean(each, name, titles)
    for above in list(root.iter()):
        for below in list(above):
            if below.tag in ("metadata", "style") or (below.tag in ("defs", "g") and not len(below)):
                above.remove(below)
    root.attrib.clear()
    root.attrib.update({"viewBox": box, "role": "img", "aria-label": label, "class": "chart"})
    return ET.tostring(root, encoding="unicode", short_empty_elements=True)


def _clean(element: ET.Element, name: str, titles: Mapping[str, str]) -> None:
    element.tag = element.tag.rpartition("}")[2]
    given = element.attrib
    for word in given.pop("style", "").split(";"):
        key, _, value = (part.strip() for part in word.partition(":"))
        if key == "font" and (size := _SIZE.search(value)):
            given["font-size"] = size[1]
        elif key in _PASSED_ON:
            given[key] = value.removesuffix("px")
    if _XLINK in given:
        given["href"] = given.pop(_XLINK)
    if element.tag not in ("text", "tspan", "title"):
        element.text = None
    element.tail = None
    identity = given.get("id", "")
    for key, value in list(given.items()):
        given[key] = _value(key, value, name)
    if element.tag == "g" and identity not in titles:
        given.pop("id", None)
    if identity in titles:
        title = ET.Element("title")
        title.text = titles[identity]
        element.insert(0, title)


def _value(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == "href":
        return f"#{name}-{value.removeprefix('#')}"
    if value.startswith("url(#"):
        return f"url(#{name}-{value[5:]}"
    if key in ("fill", "stroke"):
        return _NAME_OF.get(value, value)
    if key in ("d", "x", "y", "width", "height", "transform"):
        return " ".join(_NUMBER.sub(_short, value).split())
    return value


def _short(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
