"""A terminal's screen in memory that no bytes can break: what a program may print is anything."""

from __future__ import annotations

from pyte.screens import Screen
from pyte.streams import ByteStream

from supervisor.text.terminal_size import COLUMNS, ROWS


class LenientScreen(Screen):
    """A screen of the size that sessions see."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, ROWS)

    @property
    def display(self) -> list[str]:
        """Its rows as text; half of a wide character, whose other half was written over, is nothing."""
        return [self.row(y) for y in range(self.lines)]

    def row(self, y: int) -> str:
        """One of its rows, 0 is the upper one."""
        cells = self.buffer[y]
        return "".join([cells[x].data for x in range(self.columns)])


class LenientStream(ByteStream):
    """Feeds a screen; a sequence with numbers that it cannot take is left out, and the next one is taken."""

    def _send_to_parser(self, data: str) -> bool | None:
        try:
            return super()._send_to_parser(data)
        except (TypeError, ValueError, LookupError, NameError):  # by then it is ready for the next sequence
            return True
