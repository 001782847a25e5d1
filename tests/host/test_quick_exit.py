"""A process that ends quickly leaves nothing undone that Python would have done."""

from __future__ import annotations

import subprocess
import sys

import pytest

BEGINS = "import atexit, sys, threading, time\nfrom supervisor.host.quick_exit import quick_exit\n"


def ended(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", BEGINS + text], capture_output=True, encoding="utf-8", check=False)


@pytest.mark.parametrize(("status", "code"), [("0", 0), ("3", 3), ("None", 0)])
def test_its_status_is_what_was_said(status: str, code: int) -> None:
    assert ended(f"quick_exit({status})").returncode == code


def test_a_text_is_printed_and_its_status_is_1() -> None:
    process = ended("quick_exit('what went wrong')")
    assert (process.returncode, process.stderr) == (1, "what went wrong\n")


def test_what_is_registered_for_the_end_is_done() -> None:
    assert ended("atexit.register(lambda: print('done', flush=True))\nquick_exit(0)").stdout == "done\n"


def test_a_thread_that_is_at_work_is_waited_for() -> None:
    text = "go = threading.Event()\n"
    text += "threading.Thread(target=lambda: (go.wait(), print('done', flush=True))).start()\n"
    text += "threading.Timer(0.05, go.set).start()\nquick_exit(2)"
    process = ended(text)
    assert (process.returncode, process.stdout) == (2, "done\n")
