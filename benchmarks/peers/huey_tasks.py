"""huey: one task in a SQLite file for each output, and worker processes that take them."""

import logging
import os
import subprocess
import sys
from pathlib import Path

from huey import SqliteHuey

OUTPUTS, JOBS, AGENT, ANSWERS = sys.argv[1:]
logging.disable(logging.INFO)
huey = SqliteHuey(filename="huey.sqlite")


@huey.task()
def answer(path):
    subprocess.run([AGENT, ANSWERS, path], check=True)
    return True


if __name__ == "__main__":
    results = [answer(path) for path in Path(OUTPUTS).read_text().split()]
    consumer = huey.create_consumer(workers=int(JOBS), worker_type="process", periodic=False)
    consumer.start()
    for result in results:
        result.get(blocking=True, backoff=1, max_delay=0.05)
    consumer.stop(graceful=True)
    os._exit(0)
