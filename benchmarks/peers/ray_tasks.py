"""Ray: one remote task for each output, on a cluster of this machine without a dashboard."""

import subprocess
import sys
import tempfile
from pathlib import Path

import ray

OUTPUTS, JOBS, AGENT, ANSWERS = sys.argv[1:]


@ray.remote(num_cpus=1)
def answer(path):
    subprocess.run([AGENT, ANSWERS, path], check=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        ray.init(
            num_cpus=int(JOBS),
            include_dashboard=False,
            logging_level="WARNING",
            _node_ip_address="127.0.0.1",
            _temp_dir=folder,
        )
        ray.get([answer.remote(path) for path in Path(OUTPUTS).read_text().split()])
        ray.shutdown()
