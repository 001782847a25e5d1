"""A project whose state is damaged: what `doctor` says of it, what `--repair` does, and what a run then does again."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

from supervisor.doctor.state_checks import look_at_state
from supervisor.project.project import find_project
from tests.support.project_folder import Ended
from tests.support.scripted_project import TARGET, Small, numbered, said

COUNT = 12
PHASES = [{}, {}, {"items": {"phase": 2, "by": "twice.py"}, "batch_size": 3}]
TWICE = (
    "def expand(item_id, payload):\n    for n in range(2):\n        yield f'{item_id}x{n}', {'of': payload, 'n': n}\n"
)
OPENS = """
if phase == 3 and batch in (3, 4) and not (here.parents[4] / "open").exists():
    wait_at("gate")
write(answers())
"""
"""Two batches of the third phase stand at a gate until the project has a file `open`."""
_PASSING = ("-shm", "-bell", "supervisor.json", "supervisor.lock", ".lock", ".new")
"""Files that say nothing of what was done."""
_MADE_ANEW = (
    "vfs/.supervisor/set_aside_",
    "vfs/.supervisor/mending",
    "vfs/.supervisor/answers",
    "vfs/.supervisor/written",
    "vfs/.supervisor/store.sqlite.making",
    "vfs/.supervisor/store.sqlite.mended",
)
_STORE = ("store.sqlite", "store.sqlite-wal")
_LOG_HEADER, _FRAME_HEADER = 32, 24


class Damaged(Small):
    """A copy of a project that did work, for a test to break."""

    @classmethod
    def copied(cls, original: Path, root: Path) -> Damaged:
        """A copy of another project, as `cp -a` makes one."""
        shutil.copytree(original, root, symlinks=True, ignore=shutil.ignore_patterns("gate", ".gate", ".stderr-*"))
        return cls(root)

    @property
    def store(self) -> Path:
        return self.state / "store.sqlite"

    @property
    def log(self) -> Path:
        return self.state / "store.sqlite-wal"

    def change(self, *statements: str) -> None:
        """Write into the store behind the supervisor's back."""
        connection = sqlite3.connect(self.store)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    def files(self) -> dict[str, bytes]:
        """All files that tell what was done, with their content."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and not path.is_symlink() and not path.name.endswith(_PASSING)
        }

    def findings(self) -> str:
        """What `doctor` finds wrong with the state, a line each; it changes nothing."""
        before = self.files()
        found = list(look_at_state(find_project(self.root)))
        assert not (changed := _changed(before, self.files())), changed
        return "\n".join(f"{each.level} {each.subject}: {each.text}" for each in found if each.level != "ok")

    def refused(self, *words: str) -> str:
        """What a run says that refuses to begin, and changes nothing."""
        before = self.files()
        ended = self.cli("run", "small", TARGET, *words)
        assert (ended.status, "Traceback" in ended.err) == (4, False), ended
        assert not (changed := _changed(before, self.files())), changed
        return ended.err

    def repair(self, status: int = 0) -> str:
        """`doctor --repair`; whatever it changes it has copied before."""
        before = self.files()
        ended = self.cli("doctor", "--repair")
        assert ended.status == status and "Traceback" not in ended.err, ended
        self.nothing_is_lost(before)
        return ended.out

    def nothing_is_lost(self, before: dict[str, bytes]) -> None:
        """Every file is as it was, or a copy of what it was is there."""
        now = self.files()
        kept = {content for name, content in now.items() if name.startswith(_MADE_ANEW[0])}
        folded = _is_whole(before)
        for name, content in before.items():
            if not name.startswith(_MADE_ANEW) and not (folded and Path(name).name in _STORE):
                assert now.get(name) == content or content in kept or not content, f"{name} is lost"

    def again(self, *options: str) -> list[tuple[int, str]]:
        """Run to the end; `(phase, item)` of all that was asked of sessions that were not there before."""
        before = {session.name for session in self.sessions()}
        self.run(*options)
        assert self.main(1) == said(numbered(COUNT))
        assert self.main(2) == said(self.main(1))
        expected = {f"{i}x{n}": {"of": value, "n": n} for i, value in self.main(2).items() for n in range(2)}
        assert self.main(3) == said(expected)
        assert list(self.main(3)) == list(expected)
        assert not (found := self.findings()), found
        return [(each.phase, item) for each in self.sessions() if each.name not in before for item in each.asked]

    def in_flight(self) -> list[tuple[int, str]]:
        """`(phase, item)` of sessions that were cut off without an output."""
        return [(each.phase, item) for each in self.sessions() if not each.output.exists() for item in each.asked]


def _is_whole(files: dict[str, bytes]) -> bool:
    """Whether SQLite reads all that store and log hold: taking the log into the store loses nothing then.

    But for a log's last commit, which looks the same damaged as cut off by a loss of power.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name in _STORE:
            content = files.get(f"vfs/.supervisor/{name}", b"")
            (Path(folder) / name).write_bytes(content)
        frames = _committed(content)
        connection = sqlite3.connect(Path(folder) / _STORE[0])
        try:
            sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            read = max(0, connection.execute("PRAGMA wal_checkpoint").fetchone()[1])
            return sound and read in frames[-2:]
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            return False
        finally:
            connection.close()


def _committed(log: bytes) -> list[int]:
    """Frames of a log up to each that ends a commit: what follows the last is half of one, which is no loss."""
    size = _FRAME_HEADER + (int.from_bytes(log[8:12], "big") or 1024)
    heads = [log[at : at + _FRAME_HEADER] for at in range(_LOG_HEADER, len(log) - size + 1, size)]
    ends = [n for n, head in enumerate(heads, 1) if any(head[4:8]) and head[8:16] == heads[0][8:16]]
    return [0, *ends]


def _changed(before: dict[str, bytes], now: dict[str, bytes]) -> list[str]:
    return [name for name in {**before, **now} if before.get(name) != now.get(name)]


def lay_out(root: Path) -> Small:
    """A project of three phases, the third expanded from the second."""
    root.mkdir()
    return Small(root).lay_out(
        numbered(COUNT), agent=OPENS, phases=PHASES, functions={"twice.py": TWICE}, settings={"concurrency": 3}
    )


def cut_off(small: Small) -> None:
    """Run until two batches of the last phase stand at the gate and all others that can be are merged; then kill -9."""
    running = small.begin_run()
    small.at_gate(count=2)
    running.line_with("phase 3 batch 8/8: 3 items merged")
    running.kill()


def until_it_ends(root: Path) -> None:
    """Have the agents of a project wait no more."""
    (root / "open").write_text("")


def overwrite(path: Path, change: Callable[[bytearray], bytes | bytearray]) -> None:
    """Damage a file in place, as a failing disk does: same inode, no new file."""
    data = change(bytearray(path.read_bytes()))
    with open(path, "r+b") as file:
        file.write(data)
        file.truncate(len(data))
        os.fsync(file.fileno())


def ended_badly(ended: Ended) -> str:
    """What a command said that could not go on."""
    assert ended.status == 4 and "Traceback" not in ended.err, ended
    return ended.err
