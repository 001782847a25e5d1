"""The same agent on the same work, started by programs that only start processes."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.scratch import Scratch


def commands(scratch: Scratch, concurrency: int, folder: Path) -> dict[str, list[str]]:
    """Name to command line, of those that are installed; outputs and logs go to `folder`."""
    (folder / "out").mkdir(parents=True, exist_ok=True)
    work = folder / "outputs.txt"
    work.write_text("\n".join(str(folder / "out" / name) for name in scratch.outputs) + "\n")
    agent = [str(scratch.agent), str(scratch.answers), "{}"]
    joblog = ["--joblog", str(folder / "joblog"), "-a", str(work)]
    every = {
        "xargs -P": ["xargs", "-P", str(concurrency), "-I", "{}", "-a", str(work), *agent],
        "GNU parallel": ["parallel", f"-j{concurrency}", *joblog, *agent],
    }
    return {name: argv for name, argv in every.items() if shutil.which(argv[0]) is not None}
