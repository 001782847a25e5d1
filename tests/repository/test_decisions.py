"""The pages on decisions name files that are there and figures that were measured, and the index names every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.repository_content import REPOSITORY

FOLDER = REPOSITORY / "docs" / "decisions"
INDEX = FOLDER / "README.md"
PAGES = sorted(set(FOLDER.glob("*.md")) - {INDEX})
PARTS = ["Context", "Decision", "Considered instead", "Consequences", "Where it stands in the code"]
SOURCES = [REPOSITORY / "docs" / name for name in ("architecture.md", "performance.md", "reliability.md", "daemon.md")]

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def code_paths(text: str) -> list[str]:
    """What stands in backticks and is a path of the product, or the name of a source file."""
    quoted = re.findall(r"`([^`\n]+)`", text)
    return [words for words in quoted if re.fullmatch(r"supervisor/\S*|\S+\.(py|sql|toml)", words)]


def is_there(path: str) -> bool:
    """Whether a path below the repository is there as it is written: a folder ends with a slash, a file does not."""
    return (REPOSITORY / path).is_dir() if path.endswith("/") else (REPOSITORY / path).is_file()


def figures(text: str) -> set[str]:
    """Numbers of two digits and more outside of code and links."""
    return set(re.findall(r"\d[\d,.]*\d", re.sub(r"`[^`\n]*`|\]\([^)]*\)", "", text)))


@each_page
def test_every_file_and_folder_that_a_page_names_is_there(page: Path) -> None:
    named = code_paths(page.read_text(encoding="utf-8"))
    missing = [path for path in named if not is_there(path)]
    assert named and not missing, missing


@each_page
def test_every_figure_stands_in_the_documents_that_it_is_from(page: Path) -> None:
    measured = set().union(*(figures(source.read_text(encoding="utf-8")) for source in SOURCES))
    unknown = figures(page.read_text(encoding="utf-8")) - measured
    assert not unknown, unknown


@each_page
def test_a_page_says_context_decision_alternatives_consequences_and_place(page: Path) -> None:
    assert re.findall(r"^## (.*)", page.read_text(encoding="utf-8"), flags=re.MULTILINE) == PARTS


def test_the_index_names_every_page_once() -> None:
    linked = re.findall(r"\]\(([^)/]+\.md)\)", INDEX.read_text(encoding="utf-8"))
    assert sorted(linked) == [page.name for page in PAGES]
