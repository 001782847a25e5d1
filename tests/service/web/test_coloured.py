"""A transcript as HTML: its colours are classes, and nothing else of what was printed becomes markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.service.web.ansi_html import as_html
from supervisor.text.plain_text import plain
from tests.support.property_examples import examples

HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(2)">',
    "</span></pre><b>",
    "' onmouseover='x",
    "&lt;i&gt; &amp;",
    "\x1b]8;;javascript:alert(3)\x1b\\link\x1b]8;;\x1b\\",
    '\x1b]0;"><script>\x07',
    "\x1b]0;no end",
    "\x1bP<svg/onload=x>\x1b\\",
]
ESCAPES = [
    "\x1b[31m",
    "\x1b[1;4;92m",
    "\x1b[38;5;200m",
    "\x1b[48;2;1;2;3m",
    "\x1b[0m",
    "\x1b[m",
    "\x1b[38;5m",
    "\x1b[;;;m",
    "\x1b[" + "9" * 5000 + "m",
    "\x1b[31",
    "\x1b[?25l",
    "\x1b[>4;2m",
    "\x1b[31;<b>m",
    "\x1b(0",
    "\x1b",
    "\x9b31m",
    "\x00",
    "\u202e",
]
PRINTED = st.lists(st.sampled_from([*HOSTILE, *ESCAPES, "\n", "\r\n", " "]) | st.text(max_size=12), max_size=30)


class Read(HTMLParser):
    """What a browser makes of it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.elements: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, attrs))

    def handle_comment(self, data: str) -> None:
        self.elements.append(("!", []))

    def handle_decl(self, decl: str) -> None:
        self.elements.append(("!", []))

    def handle_pi(self, data: str) -> None:
        self.elements.append(("?", []))

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(printed: str) -> str:
    return str(as_html(printed.encode("utf-8", "replace"), str))


def what_a_line_says(line: str) -> str:
    """Of what a line wrote over itself the last is seen."""
    return plain(line.rstrip("\r").rpartition("\r")[2])


@examples(150)
@given(PRINTED)
def test_only_colours_become_elements_and_every_word_stays_text(parts: list[str]) -> None:
    printed = "".join(parts).encode("utf-8", "replace").decode()
    read = Read(shown(printed))
    for tag, attributes in read.elements:
        ((name, value),) = attributes
        assert (tag, name) == ("span", "class")
        assert re.fullmatch(r"[bdiur]|[fg]([0-9]|1[0-5])", str(value).split(" ")[0])
        assert set(str(value)) <= set("bdiurfg0123456789 ")
    lines = printed.replace("\r\n", "\n").split("\n")
    assert read.text == "\n".join(what_a_line_says(line) for line in lines if plain(line).strip())


@pytest.mark.parametrize(
    ("codes", "classes"),
    [
        ("31", "f1"),
        ("1;31", "b f1"),
        ("2;3;4", "d i u"),
        ("97;100", "f15 g8"),
        ("38;5;9", "f9"),
        ("38;2;255;0;0", "f1"),
        ("48;2;0;0;0", "g0"),
        ("7", "r"),
    ],
)
def test_a_look_is_one_of_the_classes_of_the_page(codes: str, classes: str) -> None:
    assert shown(f"a \x1b[{codes}mred\x1b[0m b") == f'a <span class="{classes}">red</span> b'


def test_a_colour_goes_on_until_another_also_over_the_ends_of_lines() -> None:
    assert shown("\x1b[32mone\ntwo\x1b[m three") == '<span class="f2">one</span>\n<span class="f2">two</span> three'


def test_a_line_that_ends_twice_is_not_lost_and_one_written_over_shows_its_last() -> None:
    assert shown("one\r\r\n10 %\r20 %\r\nthree\r\n") == "one\n20 %\nthree"


def test_a_line_that_an_agent_words_is_shown_in_those_words_as_text() -> None:
    html = as_html(b'{"say": 1}\n\x1b[31mred\x1b[m\n', lambda line: "<b>said</b>" if line.startswith("{") else line)
    assert html == '&lt;b&gt;said&lt;/b&gt;\n<span class="f1">red</span>'


@pytest.mark.parametrize("end", ["\n", " "])
def test_tens_of_thousands_of_colours_are_each_shown_in_their_order(end: str) -> None:
    count = 20_000
    read = Read(shown("".join(f"\x1b[{31 + n % 6}m{n:090}{end}" for n in range(count))))
    assert len(read.elements) == count
    assert read.elements[7] == ("span", [("class", "f2")])
    assert [int(number) for number in read.text.split()] == list(range(count))


def test_more_colours_than_a_page_holds_are_left_out_and_no_word_is() -> None:
    read = Read(shown("".join(f"\x1b[31m<{n}>\n" for n in range(60_000))))
    assert read.elements == []
    assert read.text == "".join(f"<{n}>\n" for n in range(60_000))


@pytest.mark.parametrize(
    "part", ["\x1b]0;", "\x1b]", "\x1b[", "\x1b", "\x1bP", "\x1b[31;", "\r", "\x1b(\r", "\x1b[31m"]
)
def test_a_million_escapes_that_mean_nothing_show_nothing(part: str) -> None:
    printed = part * (1_000_000 // len(part))
    assert Read(shown(printed)).text.strip("\n") == what_a_line_says(printed)
