"""The documents say what is true: their commands run, their tables name every key."""

from __future__ import annotations

import re

import pytest

from supervisor.model.pipeline import Phase, Pipeline, TargetRule
from supervisor.project.project_settings import AgentSettings, ProjectSettings
from tests.support.document_commands import commands
from tests.support.repository_content import REPOSITORY


def test_every_make_target_that_the_documents_name_is_there() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    named = [line for name in ("README.md", "CONTRIBUTING.md") for line in commands(name) if line.startswith("make ")]
    assert named
    for line in named:
        assert re.search(rf"^{line.split()[1]}:", makefile, flags=re.MULTILINE), line


def test_ci_runs_what_the_readme_promises() -> None:
    ci = (REPOSITORY / ".ci/run").read_text(encoding="utf-8")
    for target in ("check", "test", "test-service", "test-chaos", "test-external", "demo"):
        assert f"\nmake {target}\n" in ci


@pytest.mark.parametrize("model", [ProjectSettings, AgentSettings, Phase, Pipeline, TargetRule])
def test_the_reference_names_every_key(model: type[ProjectSettings]) -> None:
    text = "".join((REPOSITORY / "docs" / name).read_text(encoding="utf-8") for name in ("pipelines.md", "agents.md"))
    missing = [
        name
        for name in model.model_fields
        if f"`{name}`" not in text and name not in ("agents", "phases", "serve", "target")
    ]
    assert not missing


def test_links_between_documents_lead_somewhere() -> None:
    for document in [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *(REPOSITORY / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / link).exists(), f"{document.name}: {link}"
