"""All misleading cases, and those that are known to show a fault."""

from __future__ import annotations

from tests.misleading import command_validators, drafts, ends, ids, limits, outputs, set_ups, sources, validators

CASES = [
    *drafts.CASES,
    *validators.CASES,
    *command_validators.CASES,
    *outputs.CASES,
    *ids.CASES,
    *sources.CASES,
    *limits.CASES,
    *set_ups.CASES,
    *ends.CASES,
]
FAULTS = {
    "a `by` that fails for one item of two": "a `by` that fails ends the job, and not only what follows from its item",
}
"""Name of a case to what is wrong with the product; a case that comes out right has to be taken out."""
