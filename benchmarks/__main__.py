"""All benchmarks, one after the other."""

from __future__ import annotations

import subprocess
import sys

NAMES = ("overhead", "merge_latency", "makespan", "growth", "idle")


def main() -> None:
    failed = []
    for name in NAMES:
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"did not come to an end: {', '.join(failed)}")


if __name__ == "__main__":
    main()
