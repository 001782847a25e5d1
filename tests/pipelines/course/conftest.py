"""Loads the course's validators and item functions as the engine does: by path, with their folder importable."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import strategies as st

from supervisor import ValidationReport
from tests.support.repository_content import REPOSITORY

Validate = Callable[..., ValidationReport]


def _load(path: Path) -> ModuleType:
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(f"course_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _validate(name: str) -> Validate:
    function: Validate = _load(REPOSITORY / "validators" / "course" / f"{name}.py").validate
    return function


@pytest.fixture(scope="session")
def judge_translation() -> Validate:
    """The validator of phase 1."""
    return _validate("phase_1_translation")


@pytest.fixture(scope="session")
def judge_decomposition() -> Validate:
    """The validator of phase 3."""
    return _validate("phase_3_lego_decomposition")


@pytest.fixture(scope="session")
def judge_baskets() -> Validate:
    """The validator of phase 5."""
    return _validate("phase_5_baskets")


@pytest.fixture(scope="session")
def text_rules() -> ModuleType:
    """The rules that all phases share."""
    return _load(REPOSITORY / "validators" / "course" / "text_rules.py")


@pytest.fixture(scope="session")
def expand() -> Callable[..., Any]:
    """The function that makes phase 5's items."""
    function: Callable[..., Any] = _load(REPOSITORY / "phase_intelligence" / "course" / "legos.py").expand
    return function


@pytest.fixture(scope="session")
def vocabulary() -> Callable[..., Any]:
    """The function that makes phase 5's context."""
    function: Callable[..., Any] = _load(REPOSITORY / "phase_intelligence" / "course" / "vocabulary.py").context
    return function


@pytest.fixture(scope="session")
def types() -> Callable[[ValidationReport], set[tuple[str | None, str]]]:
    """Reduces a report to (item, type of error)."""
    return lambda report: {(error.item_id, error.type) for error in report.errors}


@pytest.fixture(scope="session")
def any_json() -> st.SearchStrategy[Any]:
    """Any JSON value, with texts that no agent should write."""
    texts = st.text(st.characters(), max_size=12) | st.sampled_from(["\ud800", "\x00", "S0001", "quiero", "¿?", "''"])
    scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
    keys = texts | st.sampled_from(["id", "lego", "phrases"])
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
    )


@pytest.fixture(scope="session")
def worked_example() -> Callable[[str], Any]:
    """Reads the JSON example that a phase's instructions end with."""

    def read(phase: str) -> Any:
        text = (REPOSITORY / "phase_intelligence" / "course" / f"{phase}.md").read_text(encoding="utf-8")
        (found,) = re.findall(r"```json\n(.*?)```", text.split("\n## Output format\n")[1], re.DOTALL)
        return json.loads(found)

    return read
