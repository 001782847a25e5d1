"""Loses the power at every moment of a recorded run, in every way the disk model knows, and looks at what is left."""

from __future__ import annotations

import json
import random
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from disk_model import Disk, Fate, Named, Tree, fates
from engine_support import processes
from engine_support.small import PIPELINE, TARGET, Small
from recording import Step, Stored, fast_folder, is_main_file, laid_out_at, stored_in
from replay import Said, Syncing, real, replay, syncs

DRAWN = 6
"""Random states at each moment, besides those that are made systematically."""
LOG_NAME = "progress.log"
_MERGED = re.compile(r"phase (\d+) batch (\d+)(?:/\d+)?: (\d+) items merged \|")
_PHASE_ENDED = re.compile(r"phase \d+ [^:]*: completed, \d+ of \d+ items in (out_\d\.json)")
_TAKEN_OVER = re.compile(r"out_(\d)\.json: \d+ items edited by hand were taken over: (\w+)")
_UNPROMISED = re.compile(r"\.supervisor/(sessions(/|$)|supervisor\.|store\.sqlite-(bell|shm)$)|\.lock$|\.log$|items\.json$")
"""Files of which nothing was reported to anybody; they matter to who goes on from a state, and are there then."""


class Promised:
    """What was reported, so that a loss of power may not undo it."""

    def __init__(self, before: Stored, files: dict[str, bytes], step: Step) -> None:
        self._step = step
        merged, main_files = step.stored.merged, step.main_files()
        self.merged = {item: value for item, value in before.merged.items() if merged.get(item) == value}
        self.files = {path: data for path, data in files.items() if main_files.get(path) == data}
        self.reports = 0

    def hear(self, text: str) -> None:
        """A report was written, or is about to be."""
        stored = self._step.stored
        for phase, number, count in _MERGED.findall(text):
            merged = stored.batches.get((int(phase), int(number)), {})
            assert len(merged) == int(count), f"{len(merged)} items are in the store of what was reported: {text}"
            self.merged.update(merged)
            self.reports += 1
        for phase, item_id in _TAKEN_OVER.findall(text):
            self.merged.update({i: v for i, v in stored.merged.items() if i[1:] == (int(phase), item_id)})
            self.reports += 1
        for name in _PHASE_ENDED.findall(text):
            self.files.update({path: data for path, data in self._step.main_files().items() if path.endswith(name)})
            self.reports += 1

    def broken_in(self, stored: Stored, files: dict[str, bytes]) -> Iterator[str]:
        """What a state lacks."""
        lost = [item for item, value in self.merged.items() if stored.merged.get(item) != value]
        if lost:
            yield f"{len(lost)} items were reported and are not in the store: {lost[:3]}"
        for path, data in self.files.items():
            if files.get(path) != data:
                yield f"{path} was reported to be complete, and is {'gone' if path not in files else 'not'}"


class Losses:
    """All losses of power in the commands that are run in a project from now on."""

    def __init__(self, project: Small) -> None:
        self.moments = self.states = self.distinct = self.reports = self.goings_on = 0
        self.violations: list[str] = []
        self._project = project
        self._root = project.root / "vfs"
        self._disk = Disk(self._root)
        self._disk.load()
        self._tree: Tree = real(self._root)
        self._chance = random.Random(1)
        self._looks: dict[frozenset[tuple[object, ...]], tuple[Stored, dict[str, bytes], list[str]]] = {}

    def during(self, step: Step, becomes: Sequence[Step], *, goings_on: int) -> None:
        """Lose the power during a step. From some of the states a supervisor goes on: to the main files of one of
        `becomes`."""
        before = stored_in(self._tree), {path: data for path, data in self._tree.items() if data and is_main_file(path)}
        promised = Promised(*before, step)
        for path, data in step.by_hand.items():
            self._disk.put(f"{self._root}/{path}", data)
        chosen = set(self._chance.sample(range(total := syncs(self._disk, step.calls)), min(goings_on, total)))
        synced = 0
        for moment in replay(self._disk, step.calls, LOG_NAME):
            if isinstance(moment, Said):
                promised.hear(moment.text)
            self._lose(promised, step)
            if isinstance(moment, Syncing):
                if synced in chosen:
                    self._go_on(becomes)
                synced += 1
        self._lose(promised, step)
        assert self._disk.now() == step.left, "the model is not where the real disk is"
        self.reports += promised.reports
        self._tree = step.left

    def _lose(self, promised: Promised, step: Step) -> None:
        """Every state that a loss of power may leave now keeps what was promised."""
        self.moments += 1
        pending = [change for change in self._disk.pending if not _UNPROMISED.search(change.path)]
        for fate in fates(pending, self._chance, DRAWN):
            self.states += 1
            mark = self._disk.mark_of(fate, _promised)
            if mark not in self._looks:
                self._looks[mark] = _look(self._disk.left_by(fate, _promised), step)
            stored, files, wrong = self._looks[mark]
            for said in (*wrong, *promised.broken_in(stored, files)):
                self._tell(said, fate)

    def _go_on(self, becomes: Sequence[Step]) -> None:
        """From what a loss of power leaves, the same command comes to the same end."""
        (fate,) = list(fates(self._disk.pending, self._chance, 1))[-1:]
        self.goings_on += 1
        with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
            project = laid_out_at(Path(folder).resolve() / "project", self._project, self._disk.left_by(fate))
            ended = project.cli("run", PIPELINE, TARGET)
            processes.none_left(project.root)
            left = real(project.root / "vfs")
            files = {path: data for path, data in left.items() if is_main_file(path)}
            if ended.status != 0:
                self._tell(f"going on ended with {ended.status}:\n{ended.out}\n{ended.err}", fate)
            elif files not in [step.main_files() for step in becomes]:
                self._tell("going on made other main files", fate)

    def _tell(self, said: str, fate: Fate) -> None:
        if len(self.violations) < 50:
            lost = [
                f"{type(change).__name__.lower()} {change.path[len(str(self._root)) + 1 :]}: {fate.get(change.number, 'lost')}"
                for change in self._disk.pending
                if not _UNPROMISED.search(change.path) and fate.get(change.number) != "whole"
            ]
            self.violations.append(f"moment {self.moments}: {said}\n    " + "\n    ".join(lost[:8]))


def _promised(path: str) -> bool:
    return not _UNPROMISED.search(path)


def _look(tree: Tree, step: Step) -> tuple[Stored, dict[str, bytes], list[str]]:
    """The store, the main files, and what of them is wrong whatever was promised."""
    stored = stored_in(tree)
    files = {path: data for path, data in tree.items() if data is not None and is_main_file(path)}
    wrong = list(stored.wrong)
    for path, data in files.items():
        try:
            json.loads(data)
        except ValueError as error:
            wrong.append(f"{path} does not parse: {error}")
    return stored, files, wrong
