"""A scripted model server on 127.0.0.1 for real agent CLIs: the protocols of four providers, many ways to behave."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import threading

from tests.support.model_server.modes import MODES
from tests.support.model_server.server import ModelServer


def main() -> None:
    """Serve until interrupted, for trying things by hand."""
    modes = "\n".join(f"  {name:18}{mode.meaning}" for name, mode in MODES.items())
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, epilog=f"modes:\n{modes}", formatter_class=form)
    parser.add_argument("--mode", choices=MODES, default="good", metavar="MODE")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--failures", type=int, default=1, help="requests of the work that are refused at first")
    parser.add_argument("--wait", type=int, default=30, help="seconds until limits are reset")
    parser.add_argument("--record", type=argparse.FileType("w"), help="where to write all requests, one a line")
    options = parser.parse_args()
    with ModelServer(options.mode, failures=options.failures, wait=options.wait, port=options.port) as server:
        print(server.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            for number in itertools.count(1):
                record = server.wait_for(number, timeout=threading.TIMEOUT_MAX)
                if options.record:
                    print(record.model_dump_json(), file=options.record, flush=True)
                print(record.method, record.path, record.decision, flush=True)


if __name__ == "__main__":
    main()
