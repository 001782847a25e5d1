"""All benchmarks, or those that are named, one after the other."""

from __future__ import annotations

import argparse
import sys
import traceback

from benchmarks import growth, idle, makespan, merge_latency, overhead, resume, sandbox, service, startup
from benchmarks.figures import options

BENCHMARKS = {
    module.__name__.rpartition(".")[2]: module
    for module in (startup, overhead, sandbox, merge_latency, makespan, resume, idle, growth, service)
}
WITHOUT_PEERS = (merge_latency, sandbox, service)
GROWING = (growth, resume)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--large", action="store_true", help="100,000 batches, too, where it is about many")
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True, help="measure them, too")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(BENCHMARKS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    failed = []
    for name in asked.names or BENCHMARKS:
        benchmark = BENCHMARKS[name]
        words = ["--results", str(asked.results)]
        words += ["--large"] if asked.large and benchmark in GROWING else []
        words += ["--no-peers"] if not asked.peers and benchmark not in WITHOUT_PEERS else []
        try:
            benchmark.main(words)
        except Exception:
            traceback.print_exc()
            failed.append(name)
    if failed:
        sys.exit(f"did not come to an end: {', '.join(failed)}")


if __name__ == "__main__":
    main()
