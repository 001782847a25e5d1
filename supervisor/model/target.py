"""A target: what one job of a pipeline works on, by its name and the parts of it."""

from __future__ import annotations

import re

from supervisor.model.frozen_model import FrozenModel

PART = re.compile(r"\{(\w+)\}")


class Target(FrozenModel):
    """A target's name and the parts that the pipeline's pattern finds in it."""

    name: str
    parts: dict[str, str]

    def fill(self, text: str) -> str:
        """Put `{target}` and the parts into a text of the pipeline file, which holds no other names."""
        known = {"target": self.name, **self.parts}
        return PART.sub(lambda match: known[match[1]], text)
