"""What a session may use of the machine, with and without a sandbox."""

from __future__ import annotations

import os
from typing import Any

import pytest

from supervisor.host.cgroups import hierarchies
from tests.support import processes
from tests.support.sandboxes import LEVELS
from tests.support.scripted_project import ANSWER, Small, numbered, said

MB = 1 << 20

levels = pytest.mark.parametrize("level", LEVELS)


def failed_with(small: Small, level: str, agent: str, **limits: Any) -> str:
    """The message of the error that the only item failed by."""
    small.lay_out(numbered(1), agent=agent, settings={"sandbox": level, "limits": limits}, phases=[{"max_attempts": 1}])
    small.run(status=1)
    message: str = small.status()["failed_items"][0]["errors"][0]["message"]
    return message


@levels
def test_memory(small: Small, level: str) -> None:
    taken = "hoard = []\nwhile True:\n    hoard.append(bytearray(16 << 20))\n"
    message = failed_with(small, level, taken, memory=128 * MB)
    assert "signal 9" in message or "exit status 1" in message


@levels
def test_memory_of_all_its_processes_together(small: Small, level: str) -> None:
    if not hierarchies():
        pytest.skip("this process may make no control groups here")
    many = (
        "hoard = bytearray(60 << 20)\n"
        "for _ in range(8):\n    if os.fork() == 0:\n        more = bytearray(60 << 20)\n        time.sleep(100000)\n"
        "os.wait()\nsys.exit(9)\n"
    )
    assert "the session ended with" in failed_with(small, level, many, memory=200 * MB)


@levels
def test_processes(small: Small, level: str) -> None:
    if not hierarchies() and os.getuid() == 0:
        pytest.skip("root's processes are counted by control groups only, and none can be made here")
    forks = (
        "made = 0\ntry:\n    while made < 500:\n"
        "        if os.fork() == 0:\n            time.sleep(100000)\n        made += 1\n"
        "except OSError:\n    pass\n"
        "write({i: {'made': made} for i in items})\n"
    )
    small.lay_out(numbered(1), agent=forks, settings={"sandbox": level, "limits": {"processes": 40}})
    small.run()
    assert 20 <= small.main()["i01"]["made"] <= 40
    processes.none_left(small.root)


@levels
def test_open_files(small: Small, level: str) -> None:
    opens = (
        "found = []\ntry:\n    while len(found) < 5000:\n        found.append(open('/dev/null'))\n"
        "except OSError:\n    pass\ncount = len(found)\nfound.clear()\n"
        "write({i: {'opened': count} for i in items})\n"
    )
    small.lay_out(numbered(1), agent=opens, settings={"sandbox": level, "limits": {"open_files": 64}})
    small.run()
    assert 40 < small.main()["i01"]["opened"] < 64


@levels
def test_file_size(small: Small, level: str) -> None:
    writes = (
        "signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
        "with open('big', 'wb') as file:\n    while True:\n        file.write(bytes(1 << 20))\n"
    )
    assert "signal 25" in failed_with(small, level, writes, file_size=8 * MB)
    (session,) = small.sessions()
    assert (session.workspace / "big").stat().st_size == 8 * MB


@levels
def test_processor_time(small: Small, level: str) -> None:
    message = failed_with(small, level, "while True:\n    pass\n", cpu=1)
    assert "signal 9" in message or "signal 24" in message


def test_what_it_prints_costs_neither_memory_nor_disk_beyond_its_limit(small: Small) -> None:
    prints = "line = b'x' * 1023 + b'\\n'\nfor _ in range(64):\n    os.write(1, line * 1024)\n" + ANSWER
    small.lay_out(numbered(2), agent=prints, settings={"max_transcript_bytes": MB})
    small.run()
    assert small.main() == said(numbered(2))
    (transcript,) = small.state.rglob("transcript.txt")
    assert MB <= transcript.stat().st_size <= MB + 100
    assert transcript.read_text().endswith("more bytes were not kept]\n")


def test_a_line_without_an_end_costs_no_memory(small: Small) -> None:
    prints = "for _ in range(64):\n    os.write(1, b'x' * (1 << 20))\n" + ANSWER
    small.lay_out(numbered(2), agent=prints, settings={"max_transcript_bytes": MB})
    small.run()
    assert small.main() == said(numbered(2))


def test_without_limits_none_are_set(small: Small) -> None:
    reads = (
        "import resource\n"
        "names = ('RLIMIT_DATA', 'RLIMIT_FSIZE', 'RLIMIT_CPU')\n"
        "found = {name: resource.getrlimit(getattr(resource, name))[0] for name in names}\n"
        "write({i: found for i in items})\n"
    )
    small.lay_out(numbered(1), agent=reads, settings={"limits": {"file_size": 0}})
    small.run()
    assert set(small.main()["i01"].values()) == {-1}
