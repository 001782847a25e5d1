"""A project's own code that hangs, crashes or dies harms its own batch only; no output that was paid for is lost."""

from __future__ import annotations

import os
import signal

import pytest

from tests.support import processes
from tests.support.scripted_project import TARGET, Small, numbered, open_gate, said
from tests.support.waiting import reader_of, until

ONLY_BATCH_2 = """
import os, sys, time
from pathlib import Path

def validate(batch, output, merged):
    if batch.batch == 2 and not Path(__file__).with_name("mended").exists():
        {fault}
    return ValidationReport()
"""
HANGS = "while True: time.sleep(1)"
NEVER_S, SOON_S = 60, 3
"""Of a validator that does not answer the time is up soon; nobody else is to be hurried, on a machine that is busy."""
FAULTS = {
    "hangs": (HANGS, "did not answer within"),
    "raises": ("raise KeyError('no such word')", "KeyError"),
    "ends its process": ("os._exit(3)", "died"),
    "exits": ("sys.exit(3)", "SystemExit"),
    "gives no report": ("return [1]", "not a ValidationReport"),
    "recurses for ever": ("f = lambda: f(); f()", "RecursionError"),
}


def lay_out(small: Small, fault: str) -> Small:
    return small.lay_out(
        numbered(6),
        phases=[{"validator": "check.py", "validator_timeout": SOON_S if fault == HANGS else NEVER_S}, {}],
        validators={"check.py": ONLY_BATCH_2.format(fault=fault)},
    )


@pytest.mark.parametrize(("fault", "told"), FAULTS.values(), ids=list(FAULTS))
def test_other_batches_go_on_and_the_output_is_judged_once_the_validator_is_mended(
    small: Small, fault: str, told: str
) -> None:
    lay_out(small, fault)
    ended = small.run(status=1)
    others = {i: p for i, p in numbered(6).items() if i not in ("i03", "i04")}
    assert small.main(1) == said(others)
    assert small.main(2) == said(said(others))
    failed = small.status()["failed_items"]
    assert [(item["id"], item["errors"][0]["type"]) for item in failed] == [
        ("i03", "validator_failed"),
        ("i04", "validator_failed"),
    ]
    assert told in failed[0]["errors"][0]["message"]
    assert "validator_failed" in ended.out
    assert len(small.sessions(1)) == 3  # an output that could not be judged is no reason to pay for another
    small.write("validators/small/mended", "")
    small.done("retry", f"small/{TARGET}")
    assert small.until_ended() == "completed", small.progress
    assert len(small.sessions(1)) == 3, "the kept output was made again"
    assert small.main(1) == said(numbered(6))
    assert small.main(2) == said(said(numbered(6)))


def test_the_output_is_kept_also_when_the_job_is_run_again_before_the_validator_is_mended(small: Small) -> None:
    lay_out(small, "raise KeyError('x')").run(status=1)
    small.run(status=1)
    small.write("validators/small/mended", "")
    small.done("retry", f"small/{TARGET}")
    assert small.until_ended() == "completed", small.progress
    assert len(small.sessions(1)) == 3, "the kept output was made again"


def test_the_kept_output_of_a_retry_is_joined_with_what_had_passed(small: Small) -> None:
    """The validator judges the first attempt, fails on the second: what it asked for again is judged once mended."""
    second = """
from pathlib import Path

def validate(batch, output, merged):
    if output["i02"]["said"] != "wrong" and not Path(__file__).with_name("mended").exists():
        raise KeyError("x")
    errors = [ValidationError(type="wrong", item_id=i, message="wrong") for i in output if output[i]["said"] == "wrong"]
    return ValidationReport(errors=errors)
"""
    agent = "write({i: {'said': 'wrong' if i == 'i02' and session == 1 else p} for i, p in items.items()})\n"
    small.lay_out(numbered(2), agent=agent, phases=[{"validator": "check.py"}], validators={"check.py": second}).run(
        status=1
    )
    assert small.main() == said(numbered(1))
    small.write("validators/small/mended", "")
    small.done("retry", f"small/{TARGET}")
    assert small.until_ended() == "completed", small.progress
    assert small.main() == said(numbered(2))
    assert [list(session.asked) for session in small.sessions()] == [["i01", "i02"], ["i02"]]


def test_what_a_validator_prints_does_not_disturb_its_report(small: Small) -> None:
    loud = """
import os, subprocess, sys
print("loaded")
print('{"errors": []}')

def validate(batch, output, merged):
    print('{"errors": [], "looked_at": []}')
    sys.stdout.write("no newline")
    sys.stdout.flush()
    os.write(1, b"straight to the descriptor\\n")
    subprocess.run(["echo", "from a child"])
    return ValidationReport(errors=[ValidationError(type="odd", item_id="i01", message="it is")])
"""
    small.lay_out(
        numbered(2), phases=[{"validator": "check.py", "max_attempts": 1}], validators={"check.py": loud}
    ).run(status=1)
    assert list(small.main()) == ["i02"]
    assert "from a child" in (small.state / "project_code.log").read_text()


def test_a_validator_in_another_language_is_judged_by_its_report(small: Small) -> None:
    command = ["python3", "-I", "-S", "check_it.py"]
    program = """
import json, sys
asked = json.load(sys.stdin)
assert asked["items"].keys() == asked["output"].keys(), asked
errors = [{"type": "odd", "item_id": i, "message": f"{i} is odd", "suggestion": "be even"}
          for i, p in asked["items"].items() if p["n"] % 2]
print(json.dumps({"errors": errors}))
"""
    small.lay_out(numbered(4), phases=[{"validator": command, "max_attempts": 1}])
    small.write("validators/small/check_it.py", program)
    small.run(status=1)
    assert list(small.main()) == ["i02", "i04"]
    assert small.status()["failed_items"][0]["errors"][0]["message"] == "i01 is odd"


COMMAND_FAULTS = {
    "hangs": HANGS,
    "crashes": "sys.exit(4)",
    "prints no report": "print('all well')",
    "leaves a child that holds its output": "subprocess.Popen(['sleep', '1000']); time.sleep(1000)",
}


@pytest.mark.parametrize("fault", COMMAND_FAULTS.values(), ids=list(COMMAND_FAULTS))
def test_a_command_that_fails_as_validator_harms_its_own_batch_only(small: Small, fault: str) -> None:
    program = f"""
import json, subprocess, sys, time
if json.load(sys.stdin)["batch"] == 2:
    {fault}
print('{{"errors": []}}')
"""
    command = ["python3", "-I", "-S", "check_it.py"]
    ends_late = "sleep" in fault
    small.lay_out(numbered(6), phases=[{"validator": command, "validator_timeout": SOON_S if ends_late else NEVER_S}])
    small.write("validators/small/check_it.py", program)
    small.run(status=1)
    assert list(small.main()) == ["i01", "i02", "i05", "i06"]
    assert {item["errors"][0]["type"] for item in small.status()["failed_items"]} == {"validator_failed"}
    assert len(small.sessions()) == 3
    processes.none_left(small.root)


WAITS = """
import os
from pathlib import Path

def validate(batch, output, merged):
    pipe = Path(__file__).with_name("pipe")
    if pipe.exists():
        open(pipe).read()
    return ValidationReport()
"""


def waiting_in_its_validator(small: Small) -> Small:
    small.lay_out(numbered(2), phases=[{"validator": "check.py"}], validators={"check.py": WAITS})
    os.mkfifo(small.root / "validators/small/pipe")
    return small


def test_a_content_worker_killed_while_it_judges_is_replaced(small: Small) -> None:
    running = waiting_in_its_validator(small).begin_run()
    pipe = reader_of(small.root / "validators/small/pipe")
    (small.root / "validators/small/pipe").unlink()
    (worker,) = processes.workers_of(running.pid)
    os.kill(worker.pid, signal.SIGKILL)
    assert running.end() == 0, running.err
    os.close(pipe)
    assert small.main() == said(numbered(2))
    assert len(small.sessions()) == 1


def test_idle_content_workers_that_died_all_together_are_replaced(small: Small) -> None:
    small.lay_out(
        numbered(10),
        agent="wait_at('gate') if batch == 5 else None\nwrite(answers())\n",
        phases=[{"validator": "check.py"}],
        validators={"check.py": WAITS.replace('"pipe"', 'f"pipe{batch.batch}"')},
        settings={"concurrency": 5},
    )
    pipes = [small.root / f"validators/small/pipe{number}" for number in (1, 2)]
    for pipe in pipes:
        os.mkfifo(pipe)
    running = small.begin_run()
    (last,) = small.at_gate()
    for descriptor in [reader_of(pipe) for pipe in pipes]:  # two at work at once, so there are two
        os.close(descriptor)
    for pipe in pipes:
        pipe.unlink()
    running.line_with("4 of 5 batches")
    workers = processes.workers_of(running.pid)
    assert len(workers) >= 2
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
    until(lambda: not any(worker.lives for worker in workers), "the workers' end")
    open_gate(last)
    assert running.end() == 0, "\n".join(running.lines)
    assert small.main() == said(numbered(10))


def test_a_validator_at_work_does_not_outlive_a_killed_supervisor(small: Small) -> None:
    hangs = "import time\nfrom pathlib import Path\n\ndef validate(batch, output, merged):\n" + (
        "    Path(__file__).with_name('began').write_text('')\n    time.sleep(100000)\n"
    )
    small.lay_out(numbered(2), phases=[{"validator": "check.py"}], validators={"check.py": hangs})
    running = small.begin_run()
    until((small.root / "validators/small/began").exists, "the validator's begin")
    running.kill()
    processes.none_left(small.root)


def test_a_command_at_work_as_validator_does_not_outlive_a_killed_supervisor(small: Small) -> None:
    small.lay_out(numbered(2), phases=[{"validator": ["python3", "-I", "-S", "check_it.py"]}])
    small.write(
        "validators/small/check_it.py",
        "import time\nfrom pathlib import Path\nPath('began').write_text('')\ntime.sleep(100000)\n",
    )
    running = small.begin_run()
    until((small.root / "validators/small/began").exists, "the validator's begin")
    running.kill()
    processes.none_left(small.root)


def test_a_module_that_a_validator_imports_is_mended_for_a_daemon_that_went_on(small: Small) -> None:
    small.lay_out(
        numbered(2),
        phases=[{"validator": "check.py"}],
        validators={"check.py": "import rules\n\ndef validate(batch, output, merged):\n    return rules.judge()\n"},
    )
    small.write("validators/small/rules.py", "def judge():\n    raise KeyError('not yet')\n")
    daemon = small.begin("daemon", "--stay")
    until((small.state / "supervisor.json").exists, "the daemon holds the project")
    small.done("start", "small", TARGET)
    assert small.until_ended() == "failed"
    small.write(
        "validators/small/rules.py",
        "from supervisor import ValidationReport\n\ndef judge():\n    return ValidationReport()\n",
    )
    small.done("retry", f"small/{TARGET}")
    assert small.until_ended() == "completed", small.progress
    assert daemon.ask_to_end() == 0
