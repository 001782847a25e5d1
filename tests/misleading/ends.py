"""Sessions and supervisors that end before their time, with something in the file."""

from __future__ import annotations

from tests.misleading.case import NULLS, RIGHT, STAYS, TEXT, Case, Exactly, Told
from tests.support import processes
from tests.support.scripted_project import ANSWER, Small, numbered

DRAFT_FIRST = f"if session == 1:\n    write(dict.fromkeys(items))\n    wait_at('gate')\n{ANSWER}"
"""An agent whose first session for each batch is cut off with a draft."""
ANSWER_FIRST = f"{ANSWER}if session == 1:\n    wait_at('gate')\n"
LIMITED = (
    "print(json.dumps({'type': 'supervisor_limit', 'message': 'too many', 'until': time.time() + 0.5}), flush=True)\n"
)
GONE = "without the file phase1_batch_1.json"


def killed(small: Small) -> None:
    """A run that is killed with a session at work."""
    running = small.begin_run()
    small.at_gate()
    running.kill()
    processes.none_left(small.root)


def stopped(small: Small) -> None:
    """A run that is asked to end with a session at work."""
    running = small.begin_run()
    small.at_gate()
    assert running.ask_to_end() == 3
    processes.none_left(small.root)


def failed_once(small: Small) -> None:
    small.run(status=1)
    small.write_agent(ANSWER)


CUT_OFF = [
    case
    for how, before in (("killed", killed), ("stopped", stopped))
    for case in (
        Case(f"the supervisor is {how} with a draft", Exactly(sessions=2), DRAFT_FIRST, before=before),
        Case(
            f"the supervisor is {how} with a draft that fails",
            Exactly(sessions=2),
            DRAFT_FIRST,
            validator=RIGHT,
            before=before,
        ),
        Case(
            f"the supervisor is {how} with an answer that passes",
            Exactly(sessions=1, words=["unfinished"]),
            ANSWER_FIRST,
            validator=RIGHT,
            before=before,
        ),
        Case(
            f"the supervisor is {how} with an answer that nobody judges",
            Exactly(sessions=2),
            ANSWER_FIRST,
            before=before,
        ),
        Case(
            f"the supervisor is {how} with an answer that passes, which nobody wants",
            Exactly(sessions=2),
            ANSWER_FIRST,
            validator=RIGHT,
            settings={"unfinished": "retry"},
            before=before,
        ),
        Case(
            f"the supervisor is {how} with half an answer",
            Exactly(sessions=2),
            f"if session == 1:\n    output.write_bytes({TEXT[:20].encode()!r})\n    wait_at('gate')\n{ANSWER}",
            validator=RIGHT,
            before=before,
        ),
    )
]
OVER = [
    Case("its time is over with a draft", Told(1, ["ended after 1 s"]), NULLS + STAYS, phase={"timeout": 1}),
    Case(
        "its time is over with an answer that nobody judges",
        Told(1, ["ended after 1 s"]),
        ANSWER + STAYS,
        phase={"timeout": 1},
    ),
    Case(
        "its time is over with an answer that passes",
        Exactly(words=["had not come to its end"]),
        ANSWER + STAYS,
        validator=RIGHT,
        phase={"timeout": 1},
    ),
    Case("its time is over with nothing", Told(1, ["ended after 1 s"]), STAYS, phase={"timeout": 1}),
    Case(
        "its time is over with an answer that passes, which nobody wants",
        Told(1, ["ended after 1 s"]),
        ANSWER + STAYS,
        validator=RIGHT,
        phase={"timeout": 1},
        settings={"unfinished": "retry"},
    ),
    Case(
        "it falls silent with a draft",
        Told(1, ["ended: ", "stall_timeout"]),
        "print('at work', flush=True)\n" + NULLS + STAYS,
        settings={"stall_timeout": 0.5},
    ),
    Case(
        "it is limited with a draft",
        Exactly(sessions=2),
        f"if session == 1:\n    write(dict.fromkeys(items))\n    {LIMITED}    wait_at('gate')\n{ANSWER}",
    ),
    Case(
        "it is limited with an answer that passes",
        Exactly(sessions=1, words=["unfinished"]),
        ANSWER + LIMITED + STAYS,
        validator=RIGHT,
    ),
]
CRASHES = [
    Case(
        "it crashes after its answer",
        Exactly(sessions=1),
        ANSWER + "os.kill(os.getpid(), signal.SIGSEGV)\n",
        validator=RIGHT,
    ),
    Case(
        "it crashes after a draft",
        Told(1, ["it is None"]),
        NULLS + "os.kill(os.getpid(), signal.SIGSEGV)\n",
        validator=RIGHT,
    ),
    Case(
        "it is killed after a draft",
        Exactly(sessions=2),
        "if session == 1:\n    write(dict.fromkeys(items))\n    os.kill(os.getpid(), signal.SIGKILL)\n" + ANSWER,
    ),
    Case("it is killed with nothing", Told(1, ["signal 9"]), "os.kill(os.getpid(), signal.SIGKILL)\n"),
    Case("it ends with 1 after its answer", Exactly(sessions=1), ANSWER + "sys.exit(1)\n"),
    Case("it ends with 1 after a draft", Told(1, ["it is None"]), NULLS + "sys.exit(1)\n", validator=RIGHT),
    Case(
        "it ends with 1 after half of it",
        Told(1, ["cut off"]),
        f"output.write_bytes({TEXT[:20].encode()!r})\nsys.exit(1)\n",
    ),
    Case("it ends with 0 and nothing", Told(1, [GONE]), "sys.exit(0)\n"),
    Case(
        "it ends with 1 and nothing",
        Told(1, ["exit status 1", "no credit left"]),
        "print('no credit left')\nsys.exit(1)\n",
    ),
    Case("it asks a question and ends", Told(1, [GONE, "Shall I go on?"]), "print('Shall I go on?')\n"),
    Case(
        "it writes to another place",
        Told(1, [GONE]),
        "(here / 'made').mkdir()\n(here / 'made' / output.name).write_text('{}')\n",
    ),
    Case(
        "it writes to its file in another case",
        Exactly(words=["mended: "]),
        "output.with_name(output.name.upper().replace('.JSON', '.json')).write_text(json.dumps(answers()))\n",
    ),
    Case(
        "it kills its parent, once",
        Exactly(sessions=2),
        "if session == 1:\n    write(dict.fromkeys(items))\n"
        "    os.kill(os.getppid(), signal.SIGKILL)\n    wait_at('gate')\n" + ANSWER,
    ),
    Case(
        "it kills its parent after its answer",
        Exactly(),
        ANSWER + "if session == 1:\n    os.kill(os.getppid(), signal.SIGKILL)\n    wait_at('gate')\n",
        validator=RIGHT,
    ),
    Case(
        "it kills its process group",
        Exactly(sessions=2),
        "if session == 1:\n    write(dict.fromkeys(items))\n    os.killpg(0, signal.SIGKILL)\n" + ANSWER,
    ),
    Case(
        "it stops itself",
        Told(1, ["ended after 1 s"]),
        NULLS + "os.kill(os.getpid(), signal.SIGSTOP)\n",
        phase={"timeout": 1},
    ),
]
AGAIN = [
    Case(
        "what failed is left by the same command, though it would pass now",
        Told(1, [GONE], sessions=1),
        "pass\n",
        before=failed_once,
    ),
    Case(
        "half of the batches fail",
        Told(1, ["nothing for i02"], main={"i01": {"said": {"n": 1}}}),
        "write(answers() if batch == 1 else {})\n",
        phase={"batch_size": 1},
    ),
    Case(
        "a phase after one with gaps",
        Told(1, ["nothing for i02"], main={"i01": {"said": {"n": 1}}}),
        "write({i: p if phase == 1 else {'said': p} for i, p in items.items() if i != 'i02'})\n",
        later=[{}],
    ),
    Case(
        "a phase that leaves all out after one that had them",
        Told(1, ["nothing for i01"]),
        "write({i: p for i, p in items.items()} if phase == 1 else {})\n",
        numbered(2),
        later=[{}],
    ),
]
CASES = [*CUT_OFF, *OVER, *CRASHES, *AGAIN]
