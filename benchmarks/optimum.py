"""The shortest schedule there is, where durations are known: from a solver in the peers' environment."""

from __future__ import annotations

import json
import subprocess
from typing import NamedTuple

from benchmarks import peers
from benchmarks.schedule import PHASES, Durations, Kind, needs


class Optimum(NamedTuple):
    """Seconds; the shortest schedule lies between the two."""

    best_s: float | None
    """One that was found."""
    bound_s: float
    """What none can beat."""


def optimum(taken: Durations, slots: int, kind: Kind, patience_s: float) -> Optimum | None:
    """The shortest schedule, as far as it is found in time; None where there is no solver."""
    if not peers.has("ortools"):
        return None
    order = sorted(taken)
    asked = {
        "slots": slots,
        "patience_s": patience_s,
        "durations": [taken[batch] for batch in order],
        "needs": [[order.index(other) for other in needs(batch, len(taken) // PHASES, kind)] for batch in order],
    }
    program = [peers.PYTHON, peers.HERE / "optimum.py"]
    ran = subprocess.run(program, input=json.dumps(asked), capture_output=True, text=True, check=True)
    return Optimum(**json.loads(ran.stdout))
