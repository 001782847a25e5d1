"""What `make check` runs is what the hooks before a commit and the workflow of checks run, on the Pythons supported."""

from __future__ import annotations

import re
import tomllib

from tests.support.repository_content import REPOSITORY

WORKFLOW = (REPOSITORY / ".github/workflows/checks.yml").read_text(encoding="utf-8")


def test_the_hooks_before_a_commit_run_what_make_check_runs() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^check:.*\n((?:\t.*\n)+)", makefile, flags=re.MULTILINE)
    assert recipe is not None
    wanted = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe[1].splitlines()]
    hooks = (REPOSITORY / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"entry: (.+)", hooks) == wanted


def test_the_workflow_runs_on_every_python_that_the_package_names() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    matrix = re.search(r"python: \[(.+)\]", WORKFLOW)
    assert matrix is not None
    assert re.findall(r"[\d.]+", matrix[1]) == named
    assert project["requires-python"] == f">={named[0]}"


def test_the_workflow_checks_and_tests_with_packages_that_ci_installs_too() -> None:
    assert re.findall(r"- run: (.+)", WORKFLOW) == ["make check", "make test"]
    installed = re.search(r"apt-get install -y -q (.+)", WORKFLOW)
    assert installed is not None
    ci = (REPOSITORY / ".ci/run").read_text(encoding="utf-8")
    assert [name for name in installed[1].split() if f":{name} " not in ci and f":{name};" not in ci] == []
