"""The batches of a scratch project done from outside: by a peer or as the limit, one file for each output."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import limit, peers
from benchmarks.cost import Cost, run
from benchmarks.scratch import Scratch


def work_for(name: str, scratch: Scratch, batches: int, jobs: int) -> peers.Work:
    """The first batches of a project, and a folder for what is made of them."""
    folder = scratch.root / "outside" / f"{name.replace(' ', '_')}_{batches}"
    (folder / "out").mkdir(parents=True)
    outputs = folder / "outputs.txt"
    outputs.write_text("".join(f"{folder / 'out' / output}\n" for output in scratch.outputs[:batches]))
    return peers.Work(folder, outputs, scratch.agent, scratch.answers, jobs)


def by_peer(peer: peers.Peer, scratch: Scratch, batches: int, jobs: int) -> Cost:
    """What a peer costs."""
    work = work_for(peer.name, scratch, batches, jobs)
    return _run(peer.command(work), work, batches)


def by_limit(method: str, scratch: Scratch, batches: int, jobs: int) -> Cost:
    """What the least costs that starts these agents."""
    work = work_for(f"limit {method}", scratch, batches, jobs)
    words = [sys.executable, limit.__file__, method, jobs, work.outputs, work.agent, work.answers]
    return _run([str(word) for word in words], work, batches)


def _run(argv: list[str], work: peers.Work, batches: int) -> Cost:
    cost = run(argv, work.folder / "log", folder=work.folder, environment=peers.ENVIRONMENT)
    made = list((work.folder / "out").iterdir())
    if len(made) != batches:
        raise RuntimeError(f"{Path(argv[0]).name} made {len(made)} of {batches} outputs")
    return cost
