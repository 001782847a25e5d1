"""`supervisor run mission_report demo`: the report, its sections and its figures."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest

from supervisor.model.job import JobOptions
from supervisor.project.pinned_definitions import definition_of
from supervisor.project.pipeline_loader import load_pipeline
from supervisor.project.project import find_project
from supervisor.store.database import open_store
from supervisor.store.tables import jobs, submissions
from supervisor.store.tables.submissions import Submission
from tests.pipelines.missions.mission_parts import DEMO
from tests.support.project_folder import Project

SECTIONS = [
    "Summary",
    "Your household",
    "Risks",
    "What to do",
    "Supplies",
    "Budget",
    "Staying in touch",
    "Checklist",
]
HASTY = """\
import json, os, runpy, sys

prompt, given, output = sys.argv[1:]
sys.argv[0] = PLANNER
try:
    runpy.run_path(PLANNER, run_name="__main__")
except SystemExit as ended:
    if ended.code:
        raise
if os.environ["SUPERVISOR_ATTEMPT"] == "1":
    with open(output) as file:
        answer = json.load(file)["formData"]
    if "title" in answer:
        answer["markdown"] = answer["markdown"].replace("| 112 |", "| 111 |").replace("## Budget", "## Costs")
    elif "plans" in answer:
        answer["plans"][1]["supplies"][0]["quantity"] += 1
    with open(output, "w") as file:
        json.dump({"formData": answer}, file)
"""
"""An agent that does its work carelessly the first time."""


def main_file(project: Project, name: str, target: str = "demo") -> Any:
    text = (project.results(target, "missions") / name).read_text(encoding="utf-8")
    return json.loads(text)["formData"]


def test_one_command_without_options_writes_the_report(missions: Project) -> None:
    missions.done("run", "mission_report", "demo")
    report = main_file(missions, "report.json")
    lines = report["markdown"].splitlines()
    assert lines[0] == f"# {report['title']}" == "# Emergency plan for a household in Riverside"
    assert [line[3:] for line in lines if line.startswith("## ")] == SECTIONS
    assert [line[4:] for line in lines if line.startswith("### ")] == ["Earthquake", "Wildfire", "Power outage"]
    job = missions.status()
    assert (job["status"], job["agent"], job["retries"]) == ("completed", "planner", 0)
    assert [each["name"] for each in job["phases"]] == ["assessment", "plans", "sections", "report"]


def test_supplies_are_those_of_four_people_and_a_pet_for_seven_days(missions: Project) -> None:
    missions.done("run", "mission_report", "demo")
    report = main_file(missions, "report.json")["markdown"]
    rows = re.findall(r"^\| (.+?) \| (\d+) \| (.+?) \| ([\d.]+) \|$", report, re.M)
    assert [(name, int(quantity), unit, float(cost)) for name, quantity, unit, cost in rows] == [
        ("Drinking water", 112, "litre", 56.0),
        ("Meals that need no cooking", 84, "meal", 210.0),
        ("Prescription medicine", 7, "daily dose", 0.0),
        ("First aid kit", 1, "piece", 30.0),
        ("Flashlight", 4, "piece", 48.0),
        ("Spare AA batteries", 16, "piece", 12.0),
        ("Battery or crank radio", 1, "piece", 35.0),
        ("Waterproof pouch with copies of documents", 1, "piece", 15.0),
        ("Soap, toilet paper and waste bags", 4, "kit", 40.0),
        ("Drinking water for pets", 7, "litre", 3.5),
        ("Pet food", 14, "portion", 17.5),
        ("N95 mask", 28, "piece", 42.0),
        ("Work gloves", 4, "pair", 32.0),
        ("Wrench to shut off gas and water", 1, "piece", 18.0),
        ("Fire extinguisher", 1, "piece", 40.0),
        ("Sealed goggles against smoke", 4, "piece", 56.0),
        ("Warm blanket or sleeping bag", 8, "piece", 200.0),
        ("Charged power bank", 4, "piece", 88.0),
    ]
    assert "| Total | | | 943.00 |" in report


def test_an_answer_that_breaks_the_rules_is_asked_for_once_more_and_the_report_is_the_same(missions: Project) -> None:
    missions.done("run", "mission_report", "demo")
    expected = main_file(missions, "report.json")
    planner = str(missions.root / "agents" / "planner")
    missions.write("agents/hasty.py", f"PLANNER = {planner!r}\n{HASTY}")
    settings = missions.root / "pyproject.toml"
    words = ["{project}/agents/hasty.py", "{prompt_file}", "{input_file}", "{output_file}"]
    command = [sys.executable, "-I", "-S", *words]
    table = f'\n[tool.supervisor.agents.hasty]\ncommand = {json.dumps(command)}\nreadable = ["{{project}}/agents"]\n'
    settings.write_text(settings.read_text(encoding="utf-8") + table, encoding="utf-8")
    missions.done("run", "mission_report", "demo", "--fresh", "--agent", "hasty")
    assert main_file(missions, "report.json") == expected
    retried = {each.phase: each for each in missions.sessions() if "\n# RETRY\n" in each.prompt}
    assert sorted(retried) == [2, 4]
    assert "- type: wrong_quantity\n" in retried[2].prompt and "- type: wrong_sections\n" in retried[4].prompt
    said = (retried[2].folder / "transcript.txt").read_text(encoding="utf-8")
    assert "planner: once more, because of wrong_quantity" in said


def test_a_form_that_was_submitted_is_taken_and_no_file_is_needed(missions: Project) -> None:
    settings = find_project(missions.root)
    pipeline = load_pipeline(settings, "mission_report")
    form = {**DEMO, "location": {"city": "Duluth", "state": "MN"}, "scenarios": ["winter_storm"]}
    settings.state.mkdir(parents=True)
    database = open_store(settings.store, create=True)
    with database.transaction() as transaction:
        job = jobs.add(transaction, pipeline, "asked", JobOptions(agent="planner"), definition_of(settings, pipeline))
        submissions.add(
            transaction, Submission(job=job, owner="somebody", input={"formData": form}, request_hash="of the request")
        )
    database.close()
    missions.done("run", "mission_report", "asked")
    report = main_file(missions, "report.json", "asked")
    assert report["title"] == "Emergency plan for a household in Duluth"
    assert "### Winter storm" in report["markdown"]
    (kept,) = (settings.state / "definitions").iterdir()
    assert (kept / "phase_intelligence/mission_report/pipeline.toml").is_file()


def test_a_changed_form_makes_the_report_anew(missions: Project) -> None:
    missions.done("run", "mission_report", "demo")
    form = missions.root / "vfs/missions/inputs/demo.json"
    form.write_text(form.read_text(encoding="utf-8").replace("Riverside", "Fresno"), encoding="utf-8")
    missions.done("run", "mission_report", "demo")
    report = main_file(missions, "report.json")
    assert "Fresno" in report["title"] and "Riverside" not in report["markdown"]


@pytest.mark.parametrize("target", ["inputs", "Demo"])
def test_a_target_that_could_not_have_results_is_refused(missions: Project, target: str) -> None:
    refused = missions.cli("run", "mission_report", target)
    assert refused.status == 2, refused.err
    assert "any name but inputs" in refused.err


def test_a_bad_form_ends_the_command_with_2_and_names_the_field(missions: Project) -> None:
    form = missions.root / "vfs/missions/inputs/demo.json"
    good = json.loads(form.read_text(encoding="utf-8"))
    bad = {"formData": {**good["formData"], "familySize": 0}}
    form.write_text(json.dumps(bad), encoding="utf-8")
    refused = missions.cli("run", "mission_report", "demo")
    assert refused.status == 2
    assert "vfs/missions/inputs/demo.json: /formData/familySize: " in refused.err
    assert "input_schema.json" in refused.err
    assert not missions.rows("SELECT * FROM jobs")
    assert missions.cli("run", "mission_report", "nobody").status == 2
