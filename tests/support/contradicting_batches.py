"""Batches whose answers contradict each other, under a rule over all that is merged."""

from __future__ import annotations

from typing import Any

from tests.support.scripted_project import Small

ONE_MEANING = """
def validate(batch, output, merged):
    '''In the whole job one word has one meaning; what is merged stands, whatever its place in the order.'''
    said = {value["word"]: (item, value["means"]) for item, value in merged[1].items() if item not in batch.items}
    errors = []
    for item, value in output.items():
        other, means = said.setdefault(value["word"], (item, value["means"]))
        if means != value["means"]:
            errors.append(ValidationError(type="contradiction", item_id=item,
                                          message=f"{value['word']} means {means} in {other}", suggestion=means))
    return ValidationReport(errors=errors)
"""
OBEDIENT = """
wait_at(f"gate{session}")
told = (here / "prompt.md").read_text().partition("# RETRY")[2]
means = told.partition("suggestion: ")[2].split()[0] if told else f"meaning{batch}"
write({i: {"word": p["word"], "means": means} for i, p in items.items()})
"""


def lay_out(small: Small, agent: str, batches: int, **phase: Any) -> Small:
    items = {f"i{number}": {"word": "same"} for number in range(1, batches + 1)}
    return small.lay_out(
        items,
        agent=agent,
        phases=[{"batch_size": 1, "validator": "check.py", **phase}],
        validators={"check.py": ONE_MEANING},
        settings={"concurrency": batches},
    )
