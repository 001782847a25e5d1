"""What every sink has to do, wherever it writes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor import failpoints
from supervisor.errors import CannotContinue, SinkLocked
from supervisor.sinks import file_sink
from supervisor.sinks.sink import Sink
from supervisor.text.strict_json import in_order
from tests.sinks.conformance.sinks import CASES, SinkCase
from tests.support.json_strategies import IDS
from tests.support.property_examples import examples
from tests.support.repository_content import REPOSITORY

WRITING = [point for point in failpoints.POINTS if point.startswith("main_file.")]
FIRST: dict[str, Any] = {"b": {"n": 1}, "a": {"n": 2}, "c": {"n": 3}}
SECOND: dict[str, Any] = {"b": {"n": 1}, "a": {"n": 4}, "d": {"n": 5}}

every_sink = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))


def other_process(*words: str | Path, failpoint: str = "") -> subprocess.Popen[str]:
    env = {name: value for name, value in os.environ.items() if name != failpoints.VARIABLE}
    if failpoint:
        env[failpoints.VARIABLE] = f"{failpoint}=1"
    return subprocess.Popen(
        [sys.executable, "-m", "tests.sinks.conformance.other_process", *map(str, words)],
        cwd=REPOSITORY,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def wrote(case: SinkCase, folder: Path, values: dict[str, Any] | None = None) -> Sink:
    """A sink that holds values."""
    sink = case.sink(folder)
    sink.edits(None)
    assert sink.write(case.snapshot(FIRST if values is None else values)) is not None
    return sink


@every_sink
@given(data=st.data())
@examples(30)
def test_what_is_written_is_read_again_in_order(case: SinkCase, data: st.DataObject) -> None:
    values = data.draw(st.dictionaries(IDS, case.values, max_size=5))
    with tempfile.TemporaryDirectory() as folder:
        wrote(case, Path(folder), values)
        assert in_order(case.sink(Path(folder)).read()) == in_order(values)


@every_sink
def test_the_same_again_is_the_same_content(case: SinkCase, tmp_path: Path) -> None:
    sink = wrote(case, tmp_path)
    before = (tmp_path / case.output).read_bytes()
    again = sink.write(case.snapshot(FIRST))
    elsewhere = case.sink(tmp_path / "elsewhere").write(case.snapshot(FIRST))
    assert again is not None and again == elsewhere
    assert (tmp_path / case.output).read_bytes() == before == (tmp_path / "elsewhere" / case.output).read_bytes()


@every_sink
def test_a_receipt_tells_which_merge_it_is_and_other_content_from_it(case: SinkCase, tmp_path: Path) -> None:
    sink = case.sink(tmp_path)
    first, second = (sink.write(case.snapshot(values, seq)) for seq, values in ((3, FIRST), (4, SECOND)))
    assert first is not None and second is not None
    assert (first.seq, second.seq) == (3, 4)
    assert first.sha256 != second.sha256


@every_sink
def test_nothing_is_edited_where_nothing_was_changed(case: SinkCase, tmp_path: Path) -> None:
    sink = case.sink(tmp_path)
    last = sink.write(case.snapshot(FIRST))
    assert sink.edits(last) is None
    assert case.sink(tmp_path).edits(last) is None, "another process knows it again by the receipt"


@every_sink
def test_what_was_never_written_or_taken_away_is_missing(case: SinkCase, tmp_path: Path) -> None:
    never = case.sink(tmp_path).edits(None)
    assert never is not None and never.missing and not never.values and not never.problem
    with pytest.raises(OSError, match=case.output):
        case.sink(tmp_path).read()
    sink = case.sink(tmp_path)
    last = sink.write(case.snapshot(FIRST))
    (tmp_path / case.output).unlink()
    gone = sink.edits(last)
    assert gone is not None and gone.missing
    assert sink.write(case.snapshot(FIRST)) == last


@every_sink
@pytest.mark.parametrize("changed", [SECOND, {"a": {"n": 2}}, {}], ids=["edited", "removed", "all removed"])
def test_what_a_person_made_of_it_is_told_and_can_be_kept(
    case: SinkCase, tmp_path: Path, changed: dict[str, Any]
) -> None:
    sink = case.sink(tmp_path)
    last = sink.write(case.snapshot(FIRST))
    wrote(case, tmp_path, changed)
    edited = (tmp_path / case.output).read_bytes()
    for looking in (sink, case.sink(tmp_path)):
        found = looking.edits(last)
        assert found is not None and not found.missing and not found.problem
        assert in_order(found.values) == in_order(changed)
        assert looking.set_aside("edited").read_bytes() == edited


@every_sink
@pytest.mark.parametrize("garbage", [b"{ not this", b"\xff\xfe", b"\x00", b'"a" 1\n', b'{"a": NaN}', b"[[]]"])
def test_garbage_is_told_and_kept_and_not_read(case: SinkCase, tmp_path: Path, garbage: bytes) -> None:
    sink = case.sink(tmp_path)
    last = sink.write(case.snapshot(FIRST))
    (tmp_path / case.output).write_bytes(garbage)
    found = sink.edits(last)
    assert found is not None and found.problem and not found.missing and not found.values
    copy = sink.set_aside("unreadable")
    assert copy.read_bytes() == garbage and "unreadable" in copy.name
    with pytest.raises(ValueError, match=re.escape(found.problem.removeprefix("it does not parse: "))):
        sink.read()
    assert sink.write(case.snapshot(FIRST)) is not None
    assert sink.read() == FIRST


@every_sink
@given(garbage=st.binary(max_size=20) | st.text(max_size=20).map(str.encode))
@examples(50)
def test_a_look_never_fails_for_what_a_person_wrote(case: SinkCase, garbage: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / case.output).write_bytes(garbage)
        found = case.sink(Path(folder)).edits(None)
        assert found is not None and not found.missing


@every_sink
def test_what_was_edited_since_it_was_looked_at_is_not_written_over(case: SinkCase, tmp_path: Path) -> None:
    sink = case.sink(tmp_path)
    last = sink.write(case.snapshot(FIRST))
    assert sink.edits(last) is None
    wrote(case, tmp_path, SECOND)
    assert sink.write(case.snapshot({})) is None
    assert case.sink(tmp_path).write(case.snapshot({})) is None, "nobody looked at it at all"
    assert sink.read() == SECOND
    assert sink.edits(last) is not None
    assert sink.write(case.snapshot({})) is not None


@every_sink
@pytest.mark.parametrize("point", WRITING)
def test_a_writer_that_is_killed_leaves_the_old_or_the_new_and_the_next_one_tidies_up(
    case: SinkCase, tmp_path: Path, point: str
) -> None:
    wrote(case, tmp_path)
    killed = other_process("write", case.id, tmp_path, json.dumps(SECOND), failpoint=point)
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert case.sink(tmp_path).read() in (FIRST, SECOND)
    sink = case.sink(tmp_path)
    with sink.lock():
        sink.edits(None)
        assert sink.write(case.snapshot(SECOND, seq=2)) is not None
    assert sink.read() == SECOND
    assert {path.name for path in tmp_path.iterdir()} <= {case.output, f"{case.output}.lock"}


@every_sink
def test_a_lock_keeps_out_another_process_until_that_ends(
    case: SinkCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = other_process("hold", case.id, tmp_path, "{}")
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with monkeypatch.context() as patched:
            patched.setattr(file_sink, "LOCK_PATIENCE_S", 0.05)
            with pytest.raises(SinkLocked) as caught, case.sink(tmp_path).lock():
                pass
        assert case.output in str(caught.value) and caught.value.remedy
    finally:
        holder.communicate(timeout=60)
    with case.sink(tmp_path).lock():
        wrote(case, tmp_path)


@every_sink
def test_a_folder_in_its_place_is_told_with_what_to_do(case: SinkCase, tmp_path: Path) -> None:
    (tmp_path / case.output).mkdir()
    with pytest.raises(CannotContinue) as caught:
        case.sink(tmp_path).edits(None)
    assert str(tmp_path / case.output) in caught.value.where and caught.value.remedy
