"""A page read as a browser does, for looking at what is in it."""

from __future__ import annotations

from html.parser import HTMLParser

_EMPTY = {"meta", "rect", "path", "use", "link", "img", "br"}


class Page(HTMLParser):
    """The elements of a page, their attributes, and its text."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.style = ""
        self._open: list[str] = []
        self.feed(content.decode("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open and (tag in _EMPTY or self._open.pop() == tag), f"</{tag}> ends what is not open"

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            self.style += data
        else:
            self.text += f" {data}"

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.elements}

    def values(self, attribute: str) -> list[str]:
        """The values of an attribute, of all elements that have it."""
        return [value or "" for _, found in self.elements for name, value in found.items() if name == attribute]

    def attributes(self, element: str, **wanted: str) -> list[dict[str, str | None]]:
        """The attributes of the elements of a name."""
        return [found for name, found in self.elements if name == element and wanted.items() <= found.items()]

    @property
    def words(self) -> str:
        """The text on one line."""
        return " ".join(self.text.split())
