"""Luigi: one task for each output, with the local scheduler."""

import subprocess
import sys
from pathlib import Path

import luigi

OUTPUTS, JOBS, AGENT, ANSWERS = sys.argv[1:]


class Answer(luigi.Task):
    path = luigi.Parameter()

    def output(self):
        return luigi.LocalTarget(self.path)

    def run(self):
        subprocess.run([AGENT, ANSWERS, self.path], check=True)


if __name__ == "__main__":
    tasks = [Answer(path) for path in Path(OUTPUTS).read_text().split()]
    done = luigi.build(tasks, workers=int(JOBS), local_scheduler=True, log_level="WARNING")
    sys.exit(0 if done else 1)
