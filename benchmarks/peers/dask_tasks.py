"""Dask: one future for each output, on a cluster of processes of this machine without a dashboard."""

import subprocess
import sys
from pathlib import Path

from distributed import Client, LocalCluster

OUTPUTS, JOBS, AGENT, ANSWERS = sys.argv[1:]


def answer(agent, answers, path):
    subprocess.run([agent, answers, path], check=True)


if __name__ == "__main__":
    with (
        LocalCluster(n_workers=int(JOBS), threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        paths = Path(OUTPUTS).read_text().split()
        client.gather([client.submit(answer, AGENT, ANSWERS, path, pure=False) for path in paths])
