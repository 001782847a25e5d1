"""All benchmarks, one after the other."""

from __future__ import annotations

import sys
import traceback

from benchmarks import growth, idle, makespan, merge_latency, overhead


def main() -> None:
    failed = []
    for benchmark in (overhead, merge_latency, makespan, growth, idle):
        try:
            benchmark.main()
        except Exception:
            traceback.print_exc()
            failed.append(benchmark.__name__)
    if failed:
        sys.exit(f"did not come to an end: {', '.join(failed)}")


if __name__ == "__main__":
    main()
