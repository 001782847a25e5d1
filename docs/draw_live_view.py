"""Draws the live view of a real run as SVG: `python docs/draw_live_view.py FILE`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from supervisor.cli.live_view import LiveView
from supervisor.project.project import find_project
from supervisor.store.database import open_store
from supervisor.store.tables import jobs

ROOT = Path(__file__).resolve().parents[1]
CONTENT = ("pyproject.toml", "phase_intelligence", "prompts", "validators", "vfs/canonical_seeds.json")
ENOUGH_MERGED = 40
COLUMNS = 118


def main() -> None:
    """Start a course with faults in the background of a throwaway copy, and draw it half-way through."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        for name in CONTENT:
            source, goal = ROOT / name, copy / name
            goal.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, goal)
            else:
                shutil.copyfile(source, goal)
        supervisor = [sys.executable, "-m", "supervisor"]
        options = ["--project", str(copy)]
        run = subprocess.Popen(
            [*supervisor, "run", "course", "ita_for_eng_full", *options, "-j", "8", "--faults", "0.3", "--seed", "5"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert run.stdout is not None
        view: LiveView | None = None
        merged = 0
        console = Console(record=True, width=COLUMNS, file=open("/dev/null", "w"), force_terminal=True)  # noqa: SIM115
        for line in run.stdout:
            merged += "items merged" in line
            if view is None and merged:
                project = find_project(copy)
                database = open_store(project.store)
                view = LiveView(project, database, jobs.all_jobs(database)[0].id)
                view.render()
            if view is not None and merged >= ENOUGH_MERGED:
                console.print(view.render())
                break
        run.terminate()
        run.communicate()
    console.save_svg(sys.argv[1], title="supervisor run course ita_for_eng_full", code_format=_without_addresses())


def _without_addresses() -> str:
    """Rich's SVG form, without the fonts that it would have a reader's browser fetch from elsewhere."""
    form = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return re.sub(r"<!--.*?-->", "", form, flags=re.DOTALL)


if __name__ == "__main__":
    main()
