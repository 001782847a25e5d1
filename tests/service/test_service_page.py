"""The page on the service: its session runs as it stands there, and its table names every setting."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.project.project_settings import ServeSettings
from tests.support.repository_content import REPOSITORY, copied_content
from tests.support.served_project import Served

PAGE = (REPOSITORY / "docs" / "service.md").read_text(encoding="utf-8")


class Checkout(Served):
    """The repository's own content, served."""

    def __init__(self, root: Path) -> None:
        self.root = copied_content(root)
        self.process, self.address, self.log = None, "", []


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    with Checkout(tmp_path / "project") as found:
        yield found


def test_its_session_with_curl_ends_with_a_report(checkout: Checkout) -> None:
    (session,) = re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    session = session.replace("http://127.0.0.1:8321", checkout.address)
    session = session.replace("supervisor tokens", f"{sys.executable} -m supervisor tokens")
    ran = subprocess.run(
        ["bash", "-euc", session],
        cwd=checkout.root,
        env={**checkout.environment(), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr + ran.stdout
    accepted, completed, job = ran.stdout[: ran.stdout.index("}") + 1], "event: job_completed", ran.stdout
    assert json.loads(accepted)["status"] == "queued"
    assert completed in ran.stdout
    told = json.loads(job[job.rindex('{"job_id"') :])
    assert (told["status"], told["progress"]) == ("completed", 100)
    (report,) = told["output"].values()
    assert report["markdown"].startswith("# ")


def test_its_table_names_every_setting() -> None:
    assert [name for name in ServeSettings.model_fields if f"`{name}`" not in PAGE] == []
