"""Any number of items in a project, squared in batches."""

from __future__ import annotations

import json

from tests.support.facts_project import SmallProject


def come_out_once_in_order(project: SmallProject, count: int, batch_size: int, batches: int) -> None:
    """Run the project with `count` items; assert that each comes out once, and that so many batches were made."""
    numbers = [n * 7919 % count for n in range(count)]  # all of them, in an order that sorting would not give
    project.phases({"items": "vfs/items.jsonl", "batch_size": batch_size})
    project.write("vfs/items.jsonl", "".join(f'{{"id": "i{n}", "n": {n}}}\n' for n in numbers))
    ran = project.run(*(() if count else ("--allow-empty",)))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    written = (project.root / "vfs/facts/demo/facts.json").read_text(encoding="utf-8")
    assert written == json.dumps({f"i{n}": {"square": n * n} for n in numbers}, indent=2) + "\n"
    job = project.job()
    assert (job["status"], job["failed_items"], job["retries"]) == ("completed", [], 0)
    assert job["attempts"] == batches
    (phase,) = job["phases"]
    assert phase["batches"] == {"total": batches, "done": batches, "running": 0}
    assert phase["items"] == {"total": count, "merged": count, "quarantined": 0, "cached": 0}
