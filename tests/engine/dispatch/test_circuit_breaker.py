"""A job whose sessions all fail in the same way stops itself; one whose items are hard goes on."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.engine.dispatch.circuit_breaker import CircuitBreaker, Failure, signature_of
from supervisor.model.validation_report import ValidationError
from tests.support.property_examples import examples
from tests.support.scripted_project import ANSWER, Small, numbered, open_gate, said

CRASHES = "print('no such model', file=sys.stderr)\nsys.exit(3)\n"


def crashed(batch: int, attempt: int, message: str = "exit status 1") -> Failure:
    return Failure(batch, attempt, [ValidationError(type="crashed", message=message)], ["i"], is_last_word=False)


def out_of(breaker: CircuitBreaker, outcomes: list[bool]) -> int | None:
    """After how many sessions, one at a time and three for a batch at most, it trips; None: it does not."""
    batch, tries = 1, 0
    for number, passes in enumerate(outcomes):
        if passes:
            breaker.passed(1, "a")
        else:
            breaker.failed(1, "a", crashed(batch, number))
        tries += 1
        if passes or tries == 3:
            batch, tries = batch + 1, 0
        if breaker.tripped is not None:
            return number + 1
    return None


@pytest.mark.parametrize(("setting", "concurrency", "after"), [(None, 1, 5), (None, 8, 8), (3, 8, 3), (0, 1, None)])
def test_it_takes_as_many_in_a_row_as_are_set(setting: int | None, concurrency: int, after: int | None) -> None:
    assert out_of(CircuitBreaker(setting, concurrency), [False] * 100) == after


@given(outcomes=st.lists(st.booleans(), max_size=200), setting=st.integers(2, 9))
@examples(60)
def test_it_never_trips_on_fewer_in_a_row_than_are_set(outcomes: list[bool], setting: int) -> None:
    after = out_of(CircuitBreaker(setting, 1), outcomes)
    if after is not None:
        assert not any(outcomes[after - setting : after])


@given(seed=st.integers(0, 100_000))
@examples(100)
def test_an_agent_that_fails_half_of_the_time_is_never_stopped(seed: int) -> None:
    chance = random.Random(seed)
    assert out_of(CircuitBreaker(None, 1), [True, *(chance.random() < 0.5 for _ in range(500))]) is None


@pytest.mark.parametrize("concurrency", [1, 8, 64])
def test_nor_one_that_fails_at_every_first_try(concurrency: int) -> None:
    breaker = CircuitBreaker(None, concurrency)
    for wave in range(10):
        for number in range(concurrency):
            breaker.failed(1, "a", crashed(wave * 100 + number, number))
        assert breaker.tripped is None
        for _ in range(concurrency):
            breaker.passed(1, "a")


def test_a_set_up_that_breaks_later_is_noticed_as_well() -> None:
    breaker = CircuitBreaker(None, 1)
    assert out_of(breaker, [True] * 50 + [False] * 20) == 55


def test_another_failure_between_them_begins_a_new_row() -> None:
    breaker = CircuitBreaker(5, 1)
    for number in range(40):
        breaker.failed(1, "a", crashed(number // 3, number, "one way" if number % 5 else "another way"))
    assert breaker.tripped is None


def test_each_phase_and_agent_has_a_row_of_its_own() -> None:
    breaker = CircuitBreaker(5, 1)
    for number in range(5):
        breaker.passed(1, "a")
        breaker.failed(2, "a", crashed(number // 3, number))
    assert breaker.tripped is not None and breaker.tripped.phase == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("exit status 1", "exit status 3", True),
        ("no such file /tmp/a/b-1.json", "no such file /home/me/x", True),
        ("i01: it does not rhyme", "i02: it does not rhyme", True),
        ("it does not rhyme", "it is too long", False),
        ("session 8f3d742c died", "session 0a11bc9e died", True),
    ],
)
def test_numbers_paths_and_ids_make_no_difference(one: str, other: str, same: bool) -> None:
    first, second = ([ValidationError(type="wrong", message=message)] for message in (one, other))
    assert (signature_of(first, ["i01"]) == signature_of(second, ["i02"])) is same


def stopped(small: Small, *options: str) -> str:
    """What the run says that stops by itself; nothing is given up and no attempt counts."""
    ended = small.run(*options, status=4)
    assert "sessions in a row failed in the same way" in ended.err
    assert "the same command goes on" in ended.err.replace("\n", " ")
    status = small.status()
    assert small.job_status() == "stopped"
    assert (status["attempts"], status["retries"], status["failed_items"]) == (0, 0, [])
    assert all(phase["items"]["quarantined"] == 0 for phase in status["phases"])
    return ended.err


@pytest.mark.parametrize("concurrency", [1, 4])
def test_an_agent_that_always_crashes_stops_its_job_and_mended_it_goes_on(small: Small, concurrency: int) -> None:
    small.lay_out(numbered(24), agent=CRASHES, settings={"concurrency": concurrency}, phases=[{}, {}])
    said_why = stopped(small)
    assert "crashed: the session ended with exit status 3" in said_why
    assert "transcript.txt" in said_why
    assert 5 <= len(small.sessions()) <= 5 + concurrency
    stopped(small)
    small.write_agent(ANSWER)
    small.run()
    assert small.main(2) == said(said(numbered(24)))


def test_a_validator_that_fails_as_it_runs_stops_the_job_and_its_outputs_are_kept(small: Small) -> None:
    broken = "def validate(batch, output, merged):\n    import no_such_module\n"
    small.lay_out(numbered(24), phases=[{"validator": "v.py"}], validators={"v.py": broken})
    said_why = stopped(small)
    assert "no_such_module" in said_why and "v.py" in said_why
    begun = len(small.sessions())
    small.write_validator("v.py", "def validate(batch, output, merged):\n    return ValidationReport()\n")
    small.run()
    assert small.main() == said(numbered(24))
    assert len(small.sessions()) == 12 >= begun


def test_after_a_kill_those_before_it_are_taken_back_as_well(small: Small) -> None:
    agent = f"if batch == 2:\n    wait_at('gate')\n{CRASHES}"
    small.lay_out(numbered(24), agent=agent, settings={"concurrency": 1})
    running = small.begin_run()
    small.at_gate()
    assert len(small.sessions()) == 4
    running.kill()
    small.write_agent(CRASHES)
    stopped(small)
    small.write_agent(ANSWER)
    small.run()
    assert small.main() == said(numbered(24))


def test_items_that_are_hard_are_given_up_and_the_others_are_done(small: Small) -> None:
    agent = "if batch % 2:\n    sys.exit(1)\n" + ANSWER
    small.lay_out(numbered(24), agent=agent, settings={"concurrency": 2})
    small.run(status=1)
    assert len(small.main()) == 12


def test_one_that_passes_while_others_fail_lets_the_job_go_on(small: Small) -> None:
    """The first session still runs when the others have failed often enough: it passes, and it was not the set-up."""
    agent = f"if batch == 1:\n    wait_at('gate')\n    {ANSWER}    sys.exit()\nif batch < 5:\n    sys.exit(1)\n{ANSWER}"
    small.lay_out(numbered(12), agent=agent, settings={"concurrency": 2, "breaker": 4})
    running = small.begin_run()
    (first,) = small.at_gate()
    running.line_with("batch 3/6", "attempt 1 of 3")
    open_gate(first)
    assert running.end() == 1
    assert len(small.main()) == 6
