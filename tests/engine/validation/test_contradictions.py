"""A rule over all that is merged holds also between batches that are at work at the same time."""

from __future__ import annotations

import os

import pytest

from tests.support.contradicting_batches import OBEDIENT, lay_out
from tests.support.scripted_project import VALIDATOR_BEGINS, Small, open_gate
from tests.support.waiting import reader_of


def test_of_two_contradicting_batches_the_later_one_gets_the_error(small: Small) -> None:
    lay_out(small, OBEDIENT, 2)
    running = small.begin_run()
    first, second = small.at_gate("gate1", 2)
    open_gate(second, "gate1")  # the second of the order is the first to be merged
    running.line_with("phase 1 batch 2/2: 1 items merged")
    open_gate(first, "gate1")
    (again,) = small.at_gate("gate2")
    assert again.batch == 1
    retry = again.prompt.partition("# RETRY")[2]
    assert "type: contradiction" in retry and "item: i1" in retry
    assert "same means meaning2 in i2" in retry
    open_gate(again, "gate2")
    assert running.end() == 0
    assert {value["means"] for value in small.main().values()} == {"meaning2"}


LOOKS_THEN_WAITS = """
import os
from pathlib import Path


def validate(batch, output, merged):
    said = {value["word"]: value["means"] for item, value in merged[1].items() if item not in batch.items}
    pipe = Path(__file__).with_name(f"pipe{batch.batch}")
    if pipe.exists():
        with open(pipe) as waiting:
            pipe.unlink()
            waiting.read()
    errors = [ValidationError(type="contradiction", item_id=item, message="another meaning", suggestion=said["same"])
              for item, value in output.items() if said.get(value["word"], value["means"]) != value["means"]]
    return ValidationReport(errors=errors)
"""


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="validators run one at a time here")
def test_of_two_batches_judged_at_the_same_moment_the_later_one_is_judged_again(small: Small) -> None:
    lay_out(small, OBEDIENT, 2)
    small.write("validators/small/check.py", VALIDATOR_BEGINS + LOOKS_THEN_WAITS)
    pipes = [small.root / f"validators/small/pipe{number}" for number in (1, 2)]
    for pipe in pipes:
        os.mkfifo(pipe)
    running = small.begin_run()
    for session in small.at_gate("gate1", 2):
        open_gate(session, "gate1")
    for waiting in [reader_of(pipe) for pipe in pipes]:  # each has looked, and saw nothing of the other
        os.close(waiting)
    (again,) = small.at_gate("gate2")
    assert "another meaning" in again.prompt.partition("# RETRY")[2]
    open_gate(again, "gate2")
    assert running.end() == 0
    assert len({value["means"] for value in small.main().values()}) == 1


def test_of_many_batches_merged_at_the_same_time_none_contradicts_another(small: Small) -> None:
    lay_out(small, OBEDIENT, 8)
    running = small.begin_run()
    for session in small.at_gate("gate1", 8):
        open_gate(session, "gate1")
    for session in small.at_gate("gate2", 7):
        open_gate(session, "gate2")
    assert running.end() == 0, "\n".join(running.lines)
    assert len({value["means"] for value in small.main().values()}) == 1
    assert len(small.main()) == 8
    assert [event["kind"] for event in small.events()].count("attempt_failed") == 7


def test_a_contradiction_with_what_a_killed_supervisor_merged_is_found_too(small: Small) -> None:
    """The second batch's output lies finished when the supervisor dies; it is judged against what is merged now."""
    lay_out(small, OBEDIENT, 2)
    running = small.begin_run()
    first, second = small.at_gate("gate1", 2)
    open_gate(first, "gate1")
    running.line_with("phase 1 batch 1/2: 1 items merged")
    running.kill()
    second.output.write_text('{"i2": {"word": "same", "means": "meaning2"}}')
    running = small.begin_run()
    (again,) = small.at_gate("gate2")
    assert "same means meaning1 in i1" in again.prompt.partition("# RETRY")[2]
    open_gate(again, "gate2")
    assert running.end() == 0
    assert {value["means"] for value in small.main().values()} == {"meaning1"}
