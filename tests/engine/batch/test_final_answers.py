"""An answer is final when its session ended, or when it passes and stood; until then it is a draft, at no cost."""

from __future__ import annotations

import signal

import pytest

from supervisor.workspaces.workspace_provider import END_NOTE_NAME
from tests.support import processes
from tests.support.project_folder import Running
from tests.support.scripted_project import Small, numbered, open_gate, said

DRAFT = "write({i: {'said': None} for i in items})\n"
CHECKED = """
def validate(batch, output, merged):
    with open("checked", "a") as file:
        file.write("x")
    errors = [ValidationError(type="wrong", item_id=i, message="it is a draft", suggestion="finish it")
              for i, p in batch.items.items() if output[i]["said"] != p]
    return ValidationReport(errors=errors)
"""

SOON = {"finish_timeout": 0.1}
WHEN_CHECKED = """
while not (project / "checked").exists():
    time.sleep(0.01)
"""
IN_PROJECT = "project = Path(os.environ['SUPERVISOR_PROJECT'])\n"


def checked(small: Small) -> dict[str, object]:
    """The validator that leaves a mark in the project's folder whenever it is asked."""
    text = CHECKED.replace('"checked"', repr(str(small.root / "checked")))
    return {"phases": [{"validator": "check.py"}], "validators": {"check.py": text}}


def test_a_draft_is_not_taken_for_the_answer_where_there_is_no_validator(small: Small) -> None:
    small.lay_out(numbered(4), agent=DRAFT + "wait_at('gate')\nwrite(answers())\n")
    running = small.begin_run()
    for session in small.at_gate(count=2):
        open_gate(session)
    assert running.end() == 0
    assert small.main() == said(numbered(4))
    assert len(small.sessions()) == 2


def test_a_file_that_grows_item_by_item_is_taken_whole(small: Small) -> None:
    grows = """
done = {}
for i, p in items.items():
    done[i] = {"said": p}
    write(done)
    wait_at(f"gate-{i}")
"""
    small.lay_out(numbered(3), agent=grows, phases=[{"batch_size": 3}], settings=SOON)
    running = small.begin_run()
    for item in numbered(3):
        (session,) = small.at_gate(f"gate-{item}")
        open_gate(session, f"gate-{item}")
    assert running.end() == 0
    assert small.main() == said(numbered(3))
    assert len(small.sessions()) == 1


def test_a_draft_that_does_not_pass_costs_no_attempt_and_ends_no_session(small: Small) -> None:
    agent = IN_PROJECT + DRAFT + WHEN_CHECKED + "write(answers())\nwait_at('never')\n"
    small.lay_out(numbered(4), agent=agent, settings=SOON, **checked(small)).run()
    assert small.main() == said(numbered(4))
    assert (small.status()["sessions"], small.status()["attempts"], small.status()["retries"]) == (2, 2, 0)


def test_an_answer_that_passes_and_stands_ends_its_session(small: Small) -> None:
    small.lay_out(numbered(4), agent="write(answers())\nwait_at('never')\n", settings=SOON).run()
    assert small.main() == said(numbered(4))
    assert small.status()["unfinished"] == 0
    assert processes.none_left(small.root) is None


def test_a_session_that_prints_something_is_not_through(small: Small) -> None:
    prints = (
        DRAFT + "for _ in range(150):\n    print('still at it', flush=True)\n    time.sleep(0.02)\nwrite(answers())\n"
    )
    small.lay_out(numbered(2), agent=prints, settings={"finish_timeout": 1.5}).run()
    assert small.main() == said(numbered(2))
    assert len(small.sessions()) == 1


def test_what_a_session_spoils_as_it_is_asked_to_end_is_not_taken(small: Small) -> None:
    spoils = """
def spoil(*_):
    write({i: {"said": None} for i in items})
    sys.exit(0)

signal.signal(signal.SIGTERM, spoil)
write(answers())
wait_at("never")
"""
    small.lay_out(numbered(2), agent=spoils, settings=SOON, **checked(small)).run()
    assert small.main() == said(numbered(2))
    assert len(small.sessions()) == 1
    assert "what it changed as it was asked to end does not pass" in small.progress


def test_what_a_session_makes_better_as_it_is_asked_to_end_is_taken(small: Small) -> None:
    better = """
def better(*_):
    write(answers())
    sys.exit(0)

signal.signal(signal.SIGTERM, better)
write({i: {"said": "nearly"} for i in items})
wait_at("never")
"""
    small.lay_out(numbered(2), agent=better, settings=SOON).run()
    assert small.main() == said(numbered(2))


FIRST_STAYS = "write(answers())\nif session == 1:\n    wait_at('gate')\n"
"""An agent whose first session for each batch has written its answer, and works on."""


def cut_off(small: Small, how: signal.Signals, count: int) -> None:
    """A run whose sessions have written something and are still at work when their supervisor ends."""
    running: Running = small.begin_run()
    small.at_gate(count=count)
    if how is signal.SIGKILL:
        running.kill()
    else:
        running.ask_to_end()
    processes.none_left(small.root)


by_kill_and_by_stop = pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])


@by_kill_and_by_stop
def test_what_a_cut_off_session_left_is_taken_as_unfinished_where_it_passes(small: Small, how: signal.Signals) -> None:
    small.lay_out(numbered(4), agent=FIRST_STAYS, **checked(small))
    cut_off(small, how, 2)
    small.run()
    assert small.main() == said(numbered(4))
    status = small.status()
    assert (status["sessions"], status["attempts"], status["unfinished"]) == (2, 2, 4)
    assert "had not come to its end" in small.progress
    small.lay_out(numbered(4), **checked(small)).run("--redo-unfinished")
    assert (small.status()["sessions"], small.status()["unfinished"]) == (4, 0)
    small.run("--redo-unfinished")
    assert small.status()["sessions"] == 4


@by_kill_and_by_stop
def test_without_a_validator_it_is_asked_again_and_no_attempt_is_counted(small: Small, how: signal.Signals) -> None:
    small.lay_out(
        numbered(4),
        agent="write({i: {'said': None} for i in items})\n" + FIRST_STAYS.partition("\n")[2] + "write(answers())\n",
    )
    cut_off(small, how, 2)
    small.run()
    assert small.main() == said(numbered(4))
    status = small.status()
    assert (status["sessions"], status["attempts"], status["unfinished"]) == (4, 2, 0)


@by_kill_and_by_stop
def test_who_wants_none_that_is_unfinished_has_it_asked_again(small: Small, how: signal.Signals) -> None:
    small.lay_out(numbered(4), agent=FIRST_STAYS, settings={"unfinished": "retry"}, **checked(small))
    cut_off(small, how, 2)
    small.run()
    assert small.main() == said(numbered(4))
    assert (small.status()["sessions"], small.status()["unfinished"]) == (4, 0)


def test_a_session_that_had_ended_before_its_supervisor_was_killed_is_not_paid_for_twice(small: Small) -> None:
    small.lay_out(numbered(4))
    small.begin("run", "small", "demo", SUPERVISOR_FAILPOINTS="session.ended=1").end()
    processes.none_left(small.root)
    ended = {each.batch for each in small.sessions() if (each.folder / END_NOTE_NAME).exists()}
    small.run()
    assert ended and small.main() == said(numbered(4))
    status = small.status()
    assert (status["attempts"], status["unfinished"]) == (2, 0)
    assert [each.number for each in small.sessions() if each.batch in ended] == [1] * len(ended)


def test_of_a_session_that_had_ended_the_answer_is_found_where_it_is_though_its_supervisor_was_killed(
    small: Small,
) -> None:
    elsewhere = "(here / 'answer.json').write_text(json.dumps(answers()))\n"
    small.lay_out(numbered(2), agent=elsewhere)
    small.begin("run", "small", "demo", SUPERVISOR_FAILPOINTS="session.ended=1").end()
    small.run()
    assert small.main() == said(numbered(2))
    assert len(small.sessions()) == 1
    assert "it was written as answer.json" in small.progress


def test_one_that_had_ended_without_any_answer_is_asked_again(small: Small) -> None:
    small.lay_out(numbered(2), agent="if session > 1:\n    write(answers())\n")
    small.begin("run", "small", "demo", SUPERVISOR_FAILPOINTS="session.ended=1").end()
    small.run()
    assert small.main() == said(numbered(2))
    assert (len(small.sessions()), small.status()["attempts"]) == (2, 1)


def test_what_a_session_wrote_whose_time_was_over_is_taken_as_unfinished(small: Small) -> None:
    small.lay_out(numbered(4), agent=FIRST_STAYS, **checked(small)).run("--timeout", "1")
    assert small.main() == said(numbered(4))
    status = small.status()
    assert (status["sessions"], status["attempts"], status["unfinished"]) == (2, 2, 4)
    assert "ended after 1 s and had not come to its end" in small.progress


def test_without_a_validator_a_session_whose_time_was_over_is_an_attempt(small: Small) -> None:
    draft_first = (
        "if session == 1:\n    write({i: {'said': None} for i in items})\n    wait_at('gate')\nwrite(answers())\n"
    )
    small.lay_out(numbered(4), agent=draft_first).run("--timeout", "1")
    assert small.main() == said(numbered(4))
    assert (small.status()["sessions"], small.status()["attempts"]) == (4, 4)


def test_an_agent_that_is_limited_after_a_draft_is_asked_again(small: Small) -> None:
    limited = """
if session == 1:
    write({i: {"said": None} for i in items})
    print(json.dumps({"type": "supervisor_limit", "message": "too many", "until": time.time() + 1}), flush=True)
    wait_at("gate")
write(answers())
"""
    small.lay_out(numbered(2), agent=limited).run()
    assert small.main() == said(numbered(2))
    assert (small.status()["sessions"], small.status()["attempts"], small.status()["unfinished"]) == (2, 1, 0)


def test_of_an_agent_that_is_limited_what_passes_is_taken_as_unfinished(small: Small) -> None:
    limited = """
write(answers())
print(json.dumps({"type": "supervisor_limit", "message": "too many", "until": time.time() + 1}), flush=True)
wait_at("gate")
"""
    small.lay_out(numbered(2), agent=limited, **checked(small)).run()
    assert small.main() == said(numbered(2))
    assert (small.status()["sessions"], small.status()["unfinished"]) == (1, 2)


def test_a_session_that_somebody_else_ended_is_not_taken_for_one_that_came_to_its_end(small: Small) -> None:
    killed = """
if session == 1:
    write({i: {"said": None} for i in items})
    os.kill(os.getpid(), signal.SIGKILL)
write(answers())
"""
    small.lay_out(numbered(2), agent=killed).run()
    assert small.main() == said(numbered(2))
    assert (small.status()["sessions"], small.status()["attempts"]) == (2, 1)


def test_a_draft_that_an_overload_cut_off_counts_no_attempt_and_what_passes_of_it_is_kept(small: Small) -> None:
    """Three sessions are cut off with a draft of which one item passes: more than there are attempts."""
    overloaded = """
if session <= 3:
    write({i: {"said": p if i == "i01" else None} for i, p in items.items()})
    os.kill(os.getpid(), signal.SIGKILL) if session < 3 else sys.exit(0)
write(answers())
"""
    settings = checked(small)
    (phase,) = settings["phases"]  # type: ignore[misc]
    small.lay_out(numbered(2), agent=overloaded, **{**settings, "phases": [{**phase, "max_attempts": 2}]}).run()
    assert small.main() == said(numbered(2))
    assert (small.status()["sessions"], small.status()["attempts"]) == (4, 2)
    assert [list(each.asked) for each in small.sessions()] == [["i01", "i02"], ["i02"], ["i02"], ["i02"]]


@pytest.mark.parametrize("ends", ["os.abort()", "os.kill(os.getpid(), signal.SIGSEGV)", "os._exit(134)"])
def test_a_draft_that_a_signal_cut_off_is_not_the_answer_whoever_sent_it(small: Small, ends: str) -> None:
    small.lay_out(numbered(2), agent=f"if session == 1:\n    {DRAFT}    {ends}\nwrite(answers())\n").run()
    assert small.main() == said(numbered(2))
    assert (len(small.sessions()), small.status()["attempts"]) == (2, 1)


def test_words_that_nobody_can_look_up_end_no_job(small: Small) -> None:
    words = f"cat: '~/{'a' * 300}': No such file or directory"
    agent = f"if session == 1:\n    print({words!r})\n    sys.exit(1)\nwrite(answers())\n"
    small.lay_out(numbered(4), agent=agent).run()
    assert small.main() == said(numbered(4))
    assert small.status()["attempts"] == 4
