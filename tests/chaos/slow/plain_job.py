"""What a store is to hold, as plain dictionaries: a job of two phases, the second on top of the first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

NOTHING: Any = object()
"""No content yet, or no value."""
LEFT_OUT = ("left_out", "removed")


@dataclass
class PlainItem:
    """One item of a phase."""

    place: int
    state: str
    """blocked, waiting, merged, failed; skipped: the phase before failed it; left_out: the source has it no more;
    removed: by hand."""
    content: Any = NOTHING
    value: Any = NOTHING
    """What is merged, or passed, or was merged before it was left out."""
    instructions_version: int | None = None
    changed: int = 0
    """When what is merged of it changed last."""
    turn: int = 0
    """How often it was begun anew: what a batch made of an earlier turn does not count."""

    @property
    def to_do(self) -> bool:
        return self.state in ("blocked", "waiting")


@dataclass
class PlainPhase:
    """One phase."""

    items: dict[str, PlainItem] = field(default_factory=dict)
    instructions: list[str] = field(default_factory=list)
    """All that there were; the version of one is its place, from 1."""
    version: int = 0
    written_at: int = -1
    """When the main file was written."""

    def merged(self) -> dict[str, Any]:
        """What is merged, in canonical order."""
        order = sorted(self.items, key=lambda item_id: (self.items[item_id].place, item_id))
        return {item_id: self.items[item_id].value for item_id in order if self.items[item_id].state == "merged"}

    def left_out_since_written(self, item_id: str, value: Any) -> bool:
        """Whether the main file was written with this value of an item that was left out after it."""
        item = self.items.get(item_id)
        return item is not None and item.state in LEFT_OUT and item.changed > self.written_at and item.value == value


class PlainJob:
    """Everything that a job of two phases can hold."""

    def __init__(self) -> None:
        self.first, self.second = PlainPhase(), PlainPhase()
        self.phases = {1: self.first, 2: self.second}
        self._clock = 0

    def prepare(self, source: dict[str, Any], instructions: dict[int, str], *, redo_changed: bool) -> None:
        """A supervisor begins."""
        self._use(1, instructions[1], redo_changed)
        changed = self._take(source)
        for item_id in self.second.items:
            self.second.items[item_id].place = self.first.items[item_id].place
        self._feed(changed)
        self._use(2, instructions[2], redo_changed)
        self._mirror()
        self._feed([i for i, item in self.second.items.items() if item.state in ("blocked", "waiting", "skipped")])

    def members(self, phase: int, ids: list[str]) -> dict[str, int]:
        """What a batch of these items begins with: id to turn."""
        return {item_id: self.phases[phase].items[item_id].turn for item_id in ids}

    def pass_some(self, phase: int, members: dict[str, int], passed: dict[str, Any]) -> None:
        """An attempt at a batch ended, another follows."""
        for item_id, turn in members.items():
            item = self.phases[phase].items[item_id]
            if item.state == "waiting" and item.turn == turn:
                item.value = passed.get(item_id, NOTHING)

    def settle(self, phase: int, members: dict[str, int], accepted: dict[str, Any]) -> None:
        """A batch ended; what is not accepted is refused, and what was begun anew meanwhile is not touched."""
        for item_id, turn in members.items():
            item = self.phases[phase].items[item_id]
            if item.state != "waiting" or item.turn != turn:
                continue
            item.instructions_version = self.phases[phase].version
            if item_id in accepted:
                self._merge(item, accepted[item_id])
            else:
                item.state, item.value = "failed", NOTHING
        self._follow_up(phase, list(members))

    def release(self, phase: int, ids: list[str]) -> None:
        """Items are to be done again."""
        for item_id in ids:
            item = self.phases[phase].items[item_id]
            if item.state != "waiting" and item.content is not NOTHING:
                self._do_again(item, item.content)

    def write(self, phase: int, edited: dict[str, Any] | None) -> bool:
        """The main file is written anew, and `edited` is what a person made of it since the last time. Returns whether
        a copy of that has to be kept, since an item was removed or not all could be taken over."""
        that = self.phases[phase]
        values: list[str] = []
        removed: list[str] = []
        conflict = edited is not None and any(
            i not in that.merged() and not that.left_out_since_written(i, value) for i, value in edited.items()
        )
        for item_id in that.merged() if edited is not None else ():
            assert edited is not None
            anew = that.items[item_id].changed > that.written_at
            if item_id not in edited:
                removed += [] if anew else [item_id]
            elif edited[item_id] != that.items[item_id].value:
                values += [] if anew else [item_id]
                conflict |= anew
        for item_id in values:
            assert edited is not None
            self._merge(that.items[item_id], edited[item_id])
        for item_id in removed:
            self._leave(that.items[item_id], "removed")
        for item_id in removed if phase == 1 else ():
            self._leave_out_below(item_id)
        self._follow_up(phase, [*values, *removed])
        that.written_at = self._tick()
        return conflict or bool(removed)

    def _use(self, phase: int, text: str, redo_changed: bool) -> None:
        """The phase is run with these instructions; what others made is done again where that is asked for."""
        that = self.phases[phase]
        if text not in that.instructions:
            that.instructions.append(text)
        that.version = that.instructions.index(text) + 1
        if redo_changed:
            done = [i for i, item in that.items.items() if item.state in ("merged", "failed")]
            other = [i for i in done if that.items[i].instructions_version not in (None, that.version)]
            self.release(phase, other)
            self._follow_up(phase, other)

    def _take(self, source: dict[str, Any]) -> list[str]:
        """The first phase's items become what the source says; the ids of those that changed."""
        changed: list[str] = []
        for place, (item_id, content) in enumerate(source.items()):
            item = self.first.items.setdefault(item_id, PlainItem(place, "waiting", content))
            item.place = place
            if item.content != content:
                self._do_again(item, content)
                changed.append(item_id)
            elif item.state == "left_out":
                self._take_back(item)
                changed.append(item_id)
        for item_id, item in self.first.items.items():
            if item_id not in source and item.state not in ("merged", "removed"):
                self._leave(item, "left_out")
        return changed

    def _mirror(self) -> None:
        """The second phase has the items that the first has."""
        for item_id, above in self.first.items.items():
            if item_id not in self.second.items:
                if above.state not in LEFT_OUT:
                    self.second.items[item_id] = PlainItem(above.place, "blocked")
                continue
            self._leave_out_below(item_id)
            if above.state not in LEFT_OUT and self.second.items[item_id].state == "left_out":
                self._take_back(self.second.items[item_id])

    def _leave_out_below(self, item_id: str) -> None:
        item = self.second.items.get(item_id)
        if self.first.items[item_id].state in LEFT_OUT and item is not None and item.state not in LEFT_OUT:
            self._leave(item, "left_out")

    def _follow_up(self, phase: int, ids: list[str]) -> None:
        if phase == 1:
            self._feed(ids)

    def _feed(self, ids: list[str]) -> None:
        """What is merged of the first phase is the content of the second."""
        for item_id in ids:
            above, item = self.first.items[item_id], self.second.items.get(item_id)
            if item is None:
                continue
            if above.state == "merged":
                if item.state == "blocked":
                    item.state, item.content = "waiting", above.value
                elif item.state == "skipped" or item.content != above.value:
                    self._do_again(item, above.value)
            elif above.to_do:
                if item.state == "skipped" or (item.state == "waiting" and item.value is NOTHING):
                    item.state = "blocked"
            elif item.state == "blocked":
                item.state = "skipped"

    def _merge(self, item: PlainItem, value: Any) -> None:
        item.state, item.value, item.changed = "merged", value, self._tick()

    def _do_again(self, item: PlainItem, content: Any) -> None:
        item.state, item.content, item.value, item.changed = "waiting", content, NOTHING, self._tick()
        item.turn += 1

    def _leave(self, item: PlainItem, state: str) -> None:
        if item.state != "merged":
            item.value = NOTHING
        item.state, item.changed = state, self._tick()

    def _take_back(self, item: PlainItem) -> None:
        item.changed = self._tick()
        if item.value is not NOTHING:
            item.state = "merged"
        else:
            item.state = "blocked" if item.content is NOTHING else "waiting"

    def _tick(self) -> int:
        self._clock += 1
        return self._clock
