"""A preparedness planner without a model or a network: `python3 agents/planner PROMPT_FILE INPUT_FILE OUTPUT_FILE`.

It answers the phases of the pipeline `mission_report` from what it knows of emergencies and from the tables and
sections that the prompt asks for, always in the same words, so that the whole pipeline can be seen without a key.
"""

from __future__ import annotations

import json
import os
import sys

from answers import TASKS
from prompt_reading import CannotWork, faults

EX_CONFIG = 78


def main(prompt_file: str, input_file: str, output_file: str) -> int:
    """Answer one batch; the exit status."""
    with open(prompt_file, encoding="utf-8") as file:
        prompt = file.read()
    with open(input_file, encoding="utf-8") as file:
        items = json.load(file)["items"]
    name = _phase(prompt)
    try:
        if name not in TASKS:
            raise CannotWork(f"no task for the phase {name!r}; it does {', '.join(TASKS)}")
        print(f"planner: {name} for {len(items)} household(s)", flush=True)
        for fault in faults(prompt):
            print(f"planner: once more, because of {fault}", flush=True)
        answers = {item_id: TASKS[name](item, prompt) for item_id, item in items.items()}
    except CannotWork as error:
        print(f"planner: {error}", file=sys.stderr)
        return EX_CONFIG
    with open(f"{output_file}.part", "w", encoding="utf-8") as file:
        json.dump(answers, file, ensure_ascii=False, indent=2)
    os.replace(f"{output_file}.part", output_file)
    return 0


def _phase(prompt: str) -> str:
    """The phase's name: the last `- Phase: <number> <name>` of the prompt."""
    lines = [line for line in prompt.splitlines() if line.startswith("- Phase: ")]
    return lines[-1].split(maxsplit=3)[3].strip() if lines else ""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
