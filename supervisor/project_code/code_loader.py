"""Loading and calling a project's own Python: validators, `by` and `context` functions."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import inspect
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import ValidationError as ModelError

from supervisor.errors import ProjectCodeError
from supervisor.model.batch import BatchInput
from supervisor.model.item_rows import Item, check_id
from supervisor.model.validation_report import ValidationError, ValidationReport
from supervisor.project.model_errors import explain
from supervisor.project_code.project_imports import ProjectModule, find_first
from supervisor.text.plain_text import plain_line
from supervisor.text.strict_json import in_order

_loaded: dict[Path, tuple[int, ModuleType]] = {}


def validate(path: Path, batch: BatchInput, output: Any, merged: Any) -> ValidationReport:
    """Run a validator file's `validate(batch, output, merged)`; ProjectCodeError where it fails to give a report."""
    function = _function(path, "validate", 3)
    with _faults_named(path, "validate"):
        report = function(batch, output, merged)
    if not isinstance(report, ValidationReport):
        raise ProjectCodeError(
            f"validate() gave {type(report).__name__}, not a ValidationReport",
            where=path.name,
            remedy="End it with `return ValidationReport(errors=errors)`.",
        )
    return report


def expand(path: Path, rows: list[Item]) -> list[list[Item]]:
    """Run a `by` file's `expand(item_id, payload)` for each row; ProjectCodeError where it fails or gives no pairs."""
    function = _function(path, "expand", 2)
    expanded: list[list[Item]] = []
    for item_id, payload in rows:
        with _faults_named(path, f"expand({item_id!r})"):
            members = [_pair(member) for member in function(item_id, payload)]
            in_order(members)
        expanded.append(members)
    return expanded


def _pair(member: Any) -> Item:
    if not isinstance(member, (tuple, list)) or len(member) != 2:
        raise ValueError(f"it gave {plain_line(repr(member), 80)}, not a pair of id and payload")
    return check_id(member[0]), member[1]


def context(path: Path, batch: BatchInput, merged: Any) -> Any:
    """Run a `context` file's `context(batch, merged)`; ProjectCodeError where it fails or does not give JSON."""
    function = _function(path, "context", 2)
    with _faults_named(path, "context"):
        value = function(batch, merged)
        in_order(value)
    return value


def check(path: Path, name: str, arguments: int) -> None:
    """Load a file and find the function in it; ProjectCodeError where it could not be called."""
    _function(path, name, arguments)


def _function(path: Path, name: str, arguments: int) -> Callable[..., Any]:
    return _checked(_module(path), path, name, arguments)


@functools.cache
def _checked(module: ModuleType, path: Path, name: str, arguments: int) -> Callable[..., Any]:
    function: Callable[..., Any] | None = getattr(module, name, None)
    if not callable(function):
        raise ProjectCodeError(f"it has no function {name}()", where=path.name, remedy=f"Define `def {name}(…)` in it.")
    with contextlib.suppress(TypeError, ValueError):
        signature = inspect.signature(function)
        try:
            signature.bind(*range(arguments))
        except TypeError as error:
            raise ProjectCodeError(
                f"{name}{signature} cannot be called with {arguments} arguments", where=path.name
            ) from error
    return function


def _module(path: Path) -> ModuleType:
    """The module, loaded anew when the file changed."""
    stamp = path.stat().st_mtime_ns
    known = _loaded.get(path)
    if known is not None and known[0] == stamp:
        return known[1]
    find_first(str(path.parent))
    name = f"project_code_{len(_loaded)}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path, loader=ProjectModule(name, str(path)))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with _faults_named(path, "import"):
        spec.loader.exec_module(module)
    _loaded[path] = (stamp, module)
    return module


@contextlib.contextmanager
def _faults_named(path: Path, doing: str) -> Iterator[None]:
    try:
        yield
    except ProjectCodeError:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        line = ""
        for frame in traceback.extract_tb(error.__traceback__):
            if Path(frame.filename) == path or (isinstance(error, SyntaxError) and error.lineno):
                line = f", line {frame.lineno}"
        if isinstance(error, SyntaxError) and error.lineno:
            line = f", line {error.lineno}"
        raise ProjectCodeError(
            f"{doing}: {_said(error)}", where=f"{path.name}{line}", remedy="Correct the file."
        ) from error


def _said(error: BaseException) -> str:
    """An error in words; of a report that is put together wrongly, what is wrong with it."""
    for model in (ValidationError, ValidationReport):
        if isinstance(error, ModelError) and error.title == model.__name__:
            return f"no {model.__name__} can be made of it: {explain(error, model)}"
    return f"{type(error).__name__}: {error}"
