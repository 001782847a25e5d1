"""A process of its own that holds a sink's lock, or writes it and may be killed as it does."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.sinks.conformance.sinks import CASES


def main(what: str, case_id: str, folder: str, values: str) -> None:
    case = CASES[case_id]
    sink = case.sink(Path(folder))
    with sink.lock():
        if what == "hold":
            print("held", flush=True)
            sys.stdin.read()
            return
        sink.edits(None)
        assert sink.write(case.snapshot(json.loads(values), seq=2)) is not None


if __name__ == "__main__":
    main(*sys.argv[1:])
