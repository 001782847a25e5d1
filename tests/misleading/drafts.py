"""Outputs that are not what they will be: drafts, files that grow, and files that change as their session ends."""

from __future__ import annotations

from tests.misleading.case import NULLS, RIGHT, SOON, STAYS, TEXT, Case, Exactly, Told
from tests.support.scripted_project import ANSWER

AT_SIGTERM = """
def at_the_end(*_):
    {does}
    os._exit(0)

signal.signal(signal.SIGTERM, at_the_end)
"""
ENDED_SO = "what it changed as it was asked to end does not pass: the answer before that is taken"
HALF = f"output.write_bytes({TEXT.encode()[:20]!r})\n"
CHILD = """
if os.fork() == 0:
    os.setsid()
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    {does}
    while True:
        signal.pause()
"""
GONE = "without the file phase1_batch_1.json"

CASES = [
    Case("nulls, then the answer, then its end", Exactly(sessions=1), NULLS + ANSWER),
    Case(
        "nulls that stand for long, then the answer",
        Exactly(sessions=1),
        NULLS + "time.sleep(0.8)\n" + ANSWER + STAYS,
        validator=RIGHT,
        settings=SOON,
    ),
    Case("nulls and never more", Told(1, ["it is None"]), NULLS, validator=RIGHT),
    Case(
        "nulls and never an end",
        Told(1, ["it is None"]),
        NULLS + STAYS,
        validator=RIGHT,
        phase={"timeout": 1},
        settings=SOON,
    ),
    Case(
        "a file that grows item by item",
        Exactly(sessions=1),
        "for count in (1, 2):\n    write(dict(list(answers().items())[:count]))\n    time.sleep(0.6)\n",
        settings=SOON,
    ),
    Case(
        "a file that grows byte by byte",
        Exactly(sessions=1),
        "with open(output, 'wb', 0) as file:\n    for byte in json.dumps(answers()).encode():\n"
        "        file.write(bytes([byte]))\n",
        settings=SOON,
    ),
    Case("the half, then the whole", Exactly(sessions=1), f"{HALF}time.sleep(0.6)\n{ANSWER}", settings=SOON),
    Case("the half, then its end", Told(1, ["cut off"]), HALF),
    Case("the half, and never an end", Told(1, ["ended after 1 s"]), HALF + STAYS, phase={"timeout": 1}, settings=SOON),
    Case(
        "wrong, and corrected as it is asked to end",
        Exactly(sessions=1),
        AT_SIGTERM.format(does="write(answers())") + "write({i: 'nearly' for i in items})\n" + STAYS,
        settings=SOON,
    ),
    Case(
        "right, and spoiled as it is asked to end",
        Exactly(words=[ENDED_SO]),
        AT_SIGTERM.format(does=NULLS.strip()) + ANSWER + STAYS,
        validator=RIGHT,
        settings=SOON,
    ),
    Case(
        "right, and cut off as it is asked to end",
        Exactly(words=[ENDED_SO]),
        AT_SIGTERM.format(does="os.truncate(output, 20)") + ANSWER + STAYS,
        settings=SOON,
    ),
    Case(
        "right, and emptied as it is asked to end",
        Exactly(words=[ENDED_SO]),
        AT_SIGTERM.format(does="os.truncate(output, 0)") + ANSWER + STAYS,
        settings=SOON,
    ),
    Case(
        "right, and deleted as it is asked to end",
        Exactly(words=[ENDED_SO]),
        AT_SIGTERM.format(does="output.unlink()") + ANSWER + STAYS,
        settings=SOON,
    ),
    Case(
        "right, and a link in its place as it is asked to end",
        Exactly(words=[ENDED_SO]),
        AT_SIGTERM.format(does="output.unlink(); os.symlink('/etc/hostname', output)") + ANSWER + STAYS,
        settings=SOON,
    ),
    Case(
        "right, and deaf to the wish that it ends",
        Exactly(),
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + ANSWER + STAYS,
        settings=SOON,
    ),
    Case(
        "written by a child that lives on", Told(1, [GONE]), CHILD.format(does="signal.pause()\n    " + ANSWER.strip())
    ),
    Case(
        "written by a child that lives on, for which its parent waits",
        Exactly(),
        CHILD.format(does=ANSWER.strip()) + "while not output.exists():\n    time.sleep(0.01)\n",
    ),
    Case(
        "held open by a child that lives on and adds to it",
        Exactly(),
        CHILD.format(does="held = open(output, 'a'); mark('held'); signal.pause(); held.write('}')")
        + "while not (here / 'held').exists():\n    time.sleep(0.01)\n"
        + ANSWER,
    ),
    Case("a draft replaced by rename", Exactly(), "output.write_text('{}')\n" + ANSWER),
    Case(
        "a hard link to a file that may change",
        Told(1, ["a second name (hard link)"]),
        "(here / 'second').write_text(json.dumps(answers()))\nos.link(here / 'second', output)\n",
    ),
    Case(
        "a symbolic link to the right file",
        Told(1, ["symbolic link"]),
        "(here / 'second').write_text(json.dumps(answers()))\nos.symlink('second', output)\n",
    ),
    Case(
        "a symbolic link that becomes a file",
        Exactly(),
        "os.symlink('second', output)\ntime.sleep(0.3)\n" + ANSWER,
        settings=SOON,
    ),
    Case("wrong, then right at once", Exactly(), NULLS + ANSWER, validator=RIGHT),
    Case("right, then wrong at once", Told(1, ["it is None"]), ANSWER + NULLS, validator=RIGHT),
    Case("right, then deleted", Told(1, [GONE]), ANSWER + "output.unlink()\n"),
    Case("right, then emptied", Told(1, ["it is empty"]), ANSWER + "os.truncate(output, 0)\n"),
    Case(
        "truncated and written anew, many times",
        Exactly(sessions=1),
        "for _ in range(200):\n    output.write_text(json.dumps(answers()))\n",
        settings={"finish_timeout": 0.01},
    ),
    Case(
        "held open and never closed",
        Exactly(sessions=1),
        "file = open(output, 'w')\nfile.write(json.dumps(answers()))\nfile.flush()\n" + STAYS,
        settings=SOON,
    ),
    Case(
        "held open while it grows, and never closed",
        Exactly(sessions=1),
        f"file = open(output, 'w')\nfile.write({TEXT[:20]!r})\nfile.flush()\ntime.sleep(0.8)\n"
        f"file.write({TEXT[20:]!r})\nfile.flush()\n" + STAYS,
        settings=SOON,
    ),
    Case(
        "ended with half of it in its memory",
        Told(1, ["cut off"]),
        f"file = open(output, 'w')\nfile.write({TEXT[:20]!r})\nfile.flush()\nfile.write({TEXT[20:]!r})\nos._exit(0)\n",
    ),
    Case(
        "the second session writes nothing over what the first had wrong",
        Told(1, [GONE]),
        "if session == 1:\n    write(dict.fromkeys(items))\n",
        validator=RIGHT,
        settings={"max_attempts": 2},
    ),
    Case(
        "each session has another item right",
        Exactly(sessions=2),
        "write({i: {'said': p} if p['n'] == session or session == 2 else None for i, p in items.items()})\n",
        validator=RIGHT,
        settings={"max_attempts": 2},
    ),
    Case(
        "the second session answers again what was kept, and wrongly",
        Exactly(sessions=2),
        "write({'i01': {'said': {'n': 1}}, 'i02': None} if session == 1\n"
        "      else {'i01': None, 'i02': {'said': {'n': 2}}})\n",
        validator=RIGHT,
        settings={"max_attempts": 2},
    ),
    Case(
        "it prints while its draft stands",
        Exactly(sessions=1),
        NULLS + "for _ in range(50):\n    print('at work', flush=True)\n    time.sleep(0.02)\n" + ANSWER,
        settings={"finish_timeout": 0.9},
    ),
    Case(
        "it says that it is done, and is not",
        Told(1, [GONE, "All done, all tests pass"]),
        "print('All done, all tests pass', flush=True)\n",
    ),
]
