"""Prefect: one task run for each output, in threads, with the server that it starts for the flow's time."""

import subprocess
import sys
from pathlib import Path

from prefect import flow, task
from prefect.task_runners import ThreadPoolTaskRunner

OUTPUTS, JOBS, AGENT, ANSWERS = sys.argv[1:]


@task
def answer(path):
    subprocess.run([AGENT, ANSWERS, path], check=True)


@flow(task_runner=ThreadPoolTaskRunner(max_workers=int(JOBS)))
def batches():
    answer.map(Path(OUTPUTS).read_text().split()).result()


if __name__ == "__main__":
    batches()
