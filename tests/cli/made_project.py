"""A project as `init` makes it, and what its job makes."""

from __future__ import annotations

import json
from typing import NamedTuple

from tests.support.commands import Ran
from tests.support.facts_project import Directory

SQUARES = {f"n{n:03}": {"square": n * n} for n in range(1, 51)}
MAIN_FILE = json.dumps(SQUARES, indent=2) + "\n"


class Made(NamedTuple):
    """A project that `init` made, and what `init` and `run` printed."""

    project: Directory
    init: Ran
    run: Ran
