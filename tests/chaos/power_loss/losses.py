"""Loses the power at every moment of a recorded run, in every way the disk model knows, and looks at what is left."""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.chaos.power_loss.disk_model import Change, Disk, Fate, Tree, fates
from tests.chaos.power_loss.recording import Item, Step, Stored, fast_folder, laid_out_at, main_files, stored_in
from tests.chaos.power_loss.replay import Said, Syncing, real, replay, syncs
from tests.support import processes
from tests.support.project_folder import Session
from tests.support.scripted_project import PIPELINE, TARGET, Small

MOST, DRAWN = 6, 4
"""Changes of which each is lost alone, kept alone, and so on, at every moment; and random states besides."""
TOLD = 20
"""Violations that are told in full."""
LOG_NAME = "progress.log"
_MERGED = re.compile(r"phase (\d+) batch (\d+)(?:/\d+)?: (\d+) items merged \|")
_GOES_ON = re.compile(r"job \d+ \S+ goes on: .* batches done before")
_PHASE_ENDED = re.compile(r"phase \d+ [^:]*: completed, \d+ of \d+ items in (out_\d\.json)")
_TAKEN_OVER = re.compile(r"out_(\d)\.json: \d+ items edited by hand were taken over: (\w+)")
_NOT_PROMISED = re.compile(
    r"\.supervisor/(sessions(/|$)|supervisor\.|project_code\.|store\.sqlite-(bell|shm)$)|\.lock$|\.log$|items\.json$"
)
"""Files of which nothing was reported to anybody; they matter to who goes on from a state, and are there then."""


class Look(NamedTuple):
    """What is left after a loss of power."""

    stored: Stored
    main_files: dict[str, bytes]
    results: frozenset[bytes]
    """The contents of all main files and copies of them."""
    wrong: tuple[str, ...]
    """What may never be, whatever was promised."""


class Promised:
    """What was reported before or in a step, so that a loss of power may not undo it."""

    def __init__(self, before: Look, merged: Mapping[Item, str], files: Mapping[str, bytes], step: Step) -> None:
        """`merged` and `files` were reported before the step; what the step changes or removes of them is not kept."""
        self._before = before
        self._step = step
        self._main_files = main_files(step.left)
        self.merged = self._kept(merged)
        self.main_files = {path: data for path, data in files.items() if self._main_files.get(path) == data}
        self.treasures = {*main_files(step.by_hand).values(), *(before.main_files.values() if step.fresh else ())}
        """What a person wrote, or asked to be set aside: it is never deleted."""
        self.reports = 0

    def lost_in(self, look: Look) -> list[Item]:
        """Items that were reported to be merged, and are not in the store."""
        return [item for item, value in self.merged.items() if look.stored.merged.get(item) != value]

    def _kept(self, merged: Mapping[Item, str]) -> dict[Item, str]:
        return {item: value for item, value in merged.items() if self._step.stored.merged.get(item) == value}

    def hear(self, text: str) -> None:
        """A report was written, or is about to be."""
        stored = self._step.stored
        if _GOES_ON.search(text):
            self.merged.update(self._kept(self._before.stored.merged))
        for phase, number, count in _MERGED.findall(text):
            merged = stored.batches.get((int(phase), int(number)), {})
            assert len(merged) == int(count), f"{len(merged)} items are in the store of what was reported: {text}"
            self.merged.update(merged)
            self.reports += 1
        for phase, item_id in _TAKEN_OVER.findall(text):
            self.merged.update({i: v for i, v in stored.merged.items() if i[1:] == (int(phase), item_id)})
            self.reports += 1
        for name in _PHASE_ENDED.findall(text):
            self.main_files.update({path: data for path, data in self._main_files.items() if path.endswith(name)})
            self.reports += 1

    def broken_in(self, look: Look) -> Iterator[str]:
        """What a state lacks, or should not have."""
        yield from (said for said in look.wrong)
        if lost := self.lost_in(look):
            yield f"{len(lost)} items were reported and are not in the store: {lost[:3]}"
        for path, data in self.main_files.items():
            if look.main_files.get(path) != data:
                yield f"{path} was reported to be complete, and is {'not' if path in look.main_files else 'gone'}"
        for path, data in look.main_files.items():
            if data not in self.treasures and not _parses(data):
                yield f"{path} does not parse: {data[:40]!r} …"
        if self.treasures - look.results:
            yield "what a person wrote or had set aside is in no file any more"


class Losses:
    """All losses of power in the commands that are run in a project from now on."""

    def __init__(self, project: Small) -> None:
        self.calls = self.moments = self.states = self.distinct = self.reports = self.goings_on = 0
        self.lost = 0
        """Reported items that a state lacks."""
        self.doubled = 0
        """Reported items that were asked for again by who went on from a state."""
        self.violations: list[str] = []
        self._project = project
        self._root = project.root / "vfs"
        self._disk = Disk(self._root)
        self._disk.load()
        self._before = look_at(real(self._root))
        self._merged: Mapping[Item, str] = self._before.stored.merged
        self._files: Mapping[str, bytes] = self._before.main_files
        """What was reported until now."""
        self._chance = random.Random(1)
        self._looks: dict[frozenset[tuple[object, ...]], Look] = {}
        self._contents: dict[bytes, bytes] = {}
        """Contents of main files that were seen: each is held once."""

    def none_during(self, step: Step) -> None:
        """Let a step pass without a loss."""
        self._begin(step)
        for _ in replay(self._disk, step.calls, LOG_NAME):
            pass
        self._ended(step)
        self._merged, self._files = self._before.stored.merged, self._before.main_files

    def during(self, step: Step, becomes: Sequence[Step], *, goings_on: int) -> None:
        """Lose the power all through a step, as it is reported. From some states a supervisor goes on: to the main
        files that one of the steps `becomes` ended with."""
        promised = Promised(self._before, self._merged, self._files, step)
        self._begin(step)
        self.calls += len(step.calls)
        count = syncs(self._disk, step.calls)
        chosen = set(self._chance.sample(range(count), min(goings_on, count)))
        synced = 0
        for moment in replay(self._disk, step.calls, LOG_NAME):
            if isinstance(moment, Said):
                promised.hear(moment.text)
            self._lose(promised)
            if isinstance(moment, Syncing):
                if synced in chosen:
                    self._go_on(becomes, promised)
                synced += 1
        self._lose(promised)
        self.reports += promised.reports
        self._merged, self._files = promised.merged, promised.main_files
        self._ended(step)

    def _begin(self, step: Step) -> None:
        self._disk.begin_again()
        for path, data in step.by_hand.items():
            self._disk.put(f"{self._root}/{path}", data)

    def _ended(self, step: Step) -> None:
        now = self._disk.now()
        differ = [path for path in now | step.left if now.get(path, "none") != step.left.get(path, "none")]
        differ = [path for path in differ if not path.endswith("-shm")]  # written as memory, and worth nothing later
        assert not differ, f"the model is not where the real disk is: {differ}"
        self._before = look_at(step.left)

    def _lose(self, promised: Promised) -> None:
        """Every state that a loss of power may leave now keeps what was promised."""
        self.moments += 1
        pending = [change for change in self._disk.pending if _may_matter(change.path)]
        for fate in fates(pending, self._chance, most=MOST, drawn=DRAWN):
            self.states += 1
            mark = self._disk.mark_of(fate, _may_matter)
            if mark not in self._looks:
                self.distinct += 1
                self._looks[mark] = look_at(self._disk.left_by(fate, _may_matter), self._contents)
            self.lost += len(promised.lost_in(self._looks[mark]))
            for said in promised.broken_in(self._looks[mark]):
                self._tell(said, fate, pending)

    def _go_on(self, becomes: Sequence[Step], promised: Promised) -> None:
        """From what a loss of power leaves of all files, the same command comes to the same end."""
        *_, fate = fates(self._disk.pending, self._chance, most=0, drawn=1)
        self.goings_on += 1
        with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
            project = laid_out_at(Path(folder).resolve() / "project", self._project, self._disk.left_by(fate))
            before = {session.name for session in project.sessions()}
            ended = project.cli("run", PIPELINE, TARGET)
            asked = {item for each in project.sessions() if each.name not in before for item in _items_of(each)}
            processes.none_left(project.root)
            left = real(project.root / "vfs")
        if again := asked & promised.merged.keys():
            self.doubled += len(again)
            self._tell(f"{len(again)} items were reported and are done again: {sorted(again)[:3]}", fate, [])
        if ended.status != 0:
            self._tell(f"going on ended with {ended.status}:\n{ended.out}\n{ended.err}", fate, self._disk.pending)
        elif main_files(left) not in [main_files(step.left) for step in becomes]:
            self._tell("going on made other main files", fate, self._disk.pending)

    def _tell(self, said: str, fate: Fate, pending: Sequence[Change]) -> None:
        lost = [
            f"    {type(change).__name__} {Path(change.path).name}: {fate.get(change.number, 'lost')}"
            for change in pending
            if fate.get(change.number) != "whole" and _may_matter(change.path)
        ]
        text = "\n".join([f"moment {self.moments}: {said}", *lost[:8]])
        self.violations.append(text if len(self.violations) < TOLD else f"moment {self.moments}")


def look_at(tree: Tree, contents: dict[bytes, bytes] | None = None) -> Look:
    """What is in a `vfs/`."""
    stored = stored_in(tree)
    contents = {} if contents is None else contents
    made = {
        path: contents.setdefault(data, data)
        for path, data in tree.items()
        if path.startswith("made/") and data is not None
    }
    return Look(
        stored, main_files(made), frozenset(made.values()), tuple(f"the store: {said}" for said in stored.wrong)
    )


def _items_of(session: Session) -> Iterator[Item]:
    """What a session was asked for."""
    job = int(session.name.partition("-")[0].removeprefix("job"))
    return ((job, session.phase, item_id) for item_id in session.asked)


def _may_matter(path: str) -> bool:
    return not _NOT_PROMISED.search(path)


def _parses(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True
