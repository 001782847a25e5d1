"""The service answers what its own description says, whatever it is sent."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.served_project import AS_OFTEN_AS_IT_LIKES, GOOD, Served, ended

RULES = """\
seed = 1

[[operations]]
include-name = "POST /api/v1/workflow"
checks.positive_data_acceptance.expected-statuses = ["2xx", "4xx"]
"""
"""Which workflows and tiers there are, and where webhooks may go, is the project's to say: a schema cannot."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A project whose service runs, and lets a client ask as often as it likes."""
    with Served(tmp_path / "project", AS_OFTEN_AS_IT_LIKES) as found:
        yield found


def test_every_answer_is_one_that_its_description_has(served: Served) -> None:
    rules = served.write("rules.toml", RULES)
    with served.client() as client:
        ended(client, client.post("/api/v1/workflow", json=GOOD).json()["job_id"])
    streams = "/events$"  # they do not end
    ran = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "schemathesis.cli",
                "--config-file",
                rules,
                "run",
                f"{served.address}/openapi.json",
            ),
            *("--header", f"X-API-Secret: {served.operator}", "--exclude-path-regex", streams, "--checks", "all"),
            *("--mode", "all", "--max-examples", "10", "--request-timeout", "30", "--generation-deterministic"),
            "--no-color",
        ],
        cwd=served.root,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Tested: 13" in ran.stdout, ran.stdout
    assert served.stop() == 0
    assert not served.log, served.log


def test_the_examples_of_the_description_are_taken(served: Served) -> None:
    with served.client() as client:
        described = client.get("/openapi.json").json()
        examples = described["components"]["schemas"]["WorkflowRequest"]["examples"]
        assert examples == [{"workflow_name": "forms", "input_data": {"form": {"size": 2}}}]
        for example in examples:
            assert client.post("/api/v1/workflow", json=example).status_code == 202


def test_what_cannot_be_done_at_an_address_is_told_with_what_can(served: Served) -> None:
    with served.client() as client:
        answer = client.put("/api/v1/jobs/1")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "DELETE, GET")
