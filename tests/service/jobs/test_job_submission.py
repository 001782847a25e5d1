"""Jobs over HTTP: submitted, looked at, cancelled, tried again; and what is refused, in which words."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.served_project import GOOD, Served, ended
from tests.support.waiting import until


def submit(client: httpx.Client, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/workflow", json={**GOOD, **more})
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem details of an answer, which say what to do."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status and body["detail"] and body["title"]
    assert body["remedy"], body
    return dict(body)


def test_a_job_is_done_and_told_with_its_output(served: Served) -> None:
    with served.client() as client:
        accepted = submit(client)
        assert (accepted["status"], accepted["workflow_version"]) == ("queued", 1)
        job = ended(client, accepted["job_id"])
        assert (job["status"], job["progress"], job["error_message"]) == ("completed", 100, None)
        assert job["output"] == {"form": {"said": {"said": {"size": 2}}}}
        assert [(step["name"], step["status"]) for step in job["steps"]] == [
            ("first", "completed"),
            ("second", "completed"),
        ]
        assert (job["sessions"], job["owner"], job["workflow_version"]) == (2, "operator", 1)
        assert client.get(job["output_url"]).json() == job["output"]
        assert [each["job_id"] for each in client.get("/api/v1/jobs").json()["jobs"]] == [accepted["job_id"]]


def test_progress_leads_from_5_over_the_steps_to_100(served: Served) -> None:
    served.close_gate()
    with served.client() as client:
        job = submit(client)["job_id"]

        def running() -> dict[str, Any] | None:
            found = client.get(f"/api/v1/jobs/{job}").json()
            return found if found["running"] else None

        begun = until(running, "the job runs")
        assert (begun["progress"], begun["current_step"]["name"]) == (5, "first")
        served.open_gate()
        assert ended(client, job)["progress"] == 100


def test_what_was_answered_202_is_done_though_service_and_daemon_die_at_once(served: Served) -> None:
    with served.client() as client:
        jobs = [submit(client)["job_id"] for _ in range(5)]
    served.stop(signal.SIGKILL)
    if (daemon := served.daemon_pid()) is not None:
        os.kill(daemon, signal.SIGKILL)
    served.start()
    with served.client() as client:
        assert [ended(client, job)["status"] for job in jobs] == ["completed"] * 5


def test_the_same_key_makes_one_job_and_another_request_under_it_is_refused(served: Served) -> None:
    with served.client() as client:
        first = submit(client, idempotency_key="one")
        again = client.post("/api/v1/workflow", json={**GOOD, "idempotency_key": "one"})
        assert (again.status_code, again.json()["job_id"]) == (202, first["job_id"])
        assert again.headers["Idempotency-Replayed"] == "true"
        other = {**GOOD, "input_data": {"form": {"size": 3}}, "idempotency_key": "one"}
        assert f"job {first['job_id']}" in problem(client.post("/api/v1/workflow", json=other), 409)["detail"]
    with served.client(served.secret("other")) as client:
        assert submit(client, idempotency_key="one")["job_id"] != first["job_id"]


def test_a_job_is_its_owners_and_does_not_exist_for_others(served: Served) -> None:
    with served.client(served.secret("alpha")) as alpha, served.client(served.secret("beta")) as beta:
        job = submit(alpha)["job_id"]
        ended(alpha, job)
        for method, path in (
            ("GET", ""),
            ("DELETE", ""),
            ("POST", "/retry"),
            ("GET", "/events"),
            ("GET", "/output"),
            ("GET", "/batches?step=1"),
            ("GET", "/history"),
            ("POST", "/redeliver"),
        ):
            answer = beta.request(method, f"/api/v1/jobs/{job}{path}")
            assert problem(answer, 404)["detail"] == f"there is no job {job}"
        assert beta.get("/api/v1/jobs").json()["jobs"] == []
    with served.client() as operator:
        assert operator.get(f"/api/v1/jobs/{job}").json()["owner"] == "alpha"


@pytest.mark.parametrize(
    ("input_data", "pointer"),
    [
        ({}, "/input_data/form"),
        ({"form": {}}, "/input_data/form/size"),
        ({"form": {"size": 25}}, "/input_data/form/size"),
        ({"form": {"size": "two"}}, "/input_data/form/size"),
        ({"form": {"size": 2, "colour": 1}}, "/input_data/form/colour"),
        ({"form": {"size": 2}, "more": 1}, "/input_data/more"),
    ],
)
def test_bad_form_data_is_refused_by_the_name_of_its_field(
    served: Served, input_data: dict[str, Any], pointer: str
) -> None:
    with served.client() as client:
        body = problem(client.post("/api/v1/workflow", json={"workflow_name": "forms", "input_data": input_data}), 422)
        assert [error["pointer"] for error in body["errors"]] == [pointer]
        assert client.get("/api/v1/jobs").json()["jobs"] == []


def test_what_is_no_request_is_refused(served: Served) -> None:
    with served.client() as client:

        def post(content: bytes | str, **headers: str) -> httpx.Response:
            return client.post(
                "/api/v1/workflow", content=content, headers={"Content-Type": "application/json", **headers}
            )

        problem(post("{"), 400)
        problem(post("[" * 100_000), 400)
        problem(post(b'{"workflow_name": "\xff"}'), 400)
        problem(post("[]"), 422)
        problem(post("null"), 422)
        assert problem(post('{"workflow_name": "forms"}'), 422)["errors"][0]["pointer"] == "/input_data"
        assert problem(post(json.dumps({**GOOD, "x": 1})), 422)["errors"][0]["pointer"] == "/x"
        assert "forms" in problem(post(json.dumps({**GOOD, "workflow_name": "form"})), 422)["remedy"]
        assert "../x" in problem(post(json.dumps({**GOOD, "workflow_name": "../x"})), 422)["detail"]
        assert "no tier" in problem(post(json.dumps({**GOOD, "user_tier": "gold"})), 422)["detail"]
        problem(client.get("/api/v1/jobs/0"), 422)
        problem(client.get("/api/v1/jobs/x"), 422)
        problem(client.get("/api/v1/jobs/99"), 404)
        problem(client.get("/api/v1/nothing"), 404)
        problem(client.put("/api/v1/jobs"), 405)
        problem(client.get("/api/v1/jobs?limit=1000"), 422)


def test_nobody_gets_in_without_a_secret_that_is_known(served: Served) -> None:
    with httpx.Client(base_url=served.address, trust_env=False) as client:
        assert "tokens add" in problem(client.get("/api/v1/jobs"), 401)["remedy"]
        problem(client.get("/api/v1/jobs", headers={"X-API-Secret": "sup_wrong"}), 401)
        problem(client.get("/api/v1/jobs", headers={"Authorization": "Basic abc"}), 401)
        assert client.get("/api/v1/jobs", headers={"Authorization": f"Bearer {served.operator}"}).status_code == 200
        taken_back = served.secret("leaver")
        assert client.get("/api/v1/jobs", headers={"X-API-Secret": taken_back}).status_code == 200
        assert served.supervisor("tokens", "revoke", "leaver").returncode == 0
        problem(client.get("/api/v1/jobs", headers={"X-API-Secret": taken_back}), 401)
    kept = b"".join(path.read_bytes() for path in (served.root / "vfs/.supervisor").rglob("*") if path.is_file())
    assert served.operator.encode() not in kept and taken_back.encode() not in kept


def test_a_failed_job_is_tried_again_with_the_same_input(served: Served) -> None:
    broken = served.write("broken", "")
    with served.client() as client:
        job = submit(client)["job_id"]
        failed = ended(client, job)
        assert (failed["status"], failed["failed_items_total"]) == ("failed", 1)
        assert "not_said: say what you were given" in failed["error_message"]
        assert failed["failed_items"][0]["errors"][0]["suggestion"] == "read <again>"
        broken.unlink()
        assert client.post(f"/api/v1/jobs/{job}/retry").status_code == 202
        again = ended(client, job)
        assert (again["status"], again["output"]) == ("completed", {"form": {"said": {"said": {"size": 2}}}})
        problem(client.post(f"/api/v1/jobs/{job}/retry"), 409)


def test_a_running_job_is_cancelled_and_its_session_ended(served: Served) -> None:
    served.close_gate()
    with served.client() as client:
        job = submit(client)["job_id"]
        until(lambda: client.get(f"/api/v1/jobs/{job}").json()["running"], "the job runs")
        problem(client.post(f"/api/v1/jobs/{job}/retry"), 409)
        assert client.delete(f"/api/v1/jobs/{job}").status_code == 200
        assert ended(client, job)["status"] == "cancelled"
        assert client.delete(f"/api/v1/jobs/{job}").status_code == 200
        served.open_gate()
        assert client.post(f"/api/v1/jobs/{job}/retry").status_code == 202
        assert ended(client, job)["status"] == "completed"
        problem(client.delete(f"/api/v1/jobs/{job}"), 409)


def test_batches_and_sessions_are_told_in_the_words_that_clients_know(served: Served) -> None:
    served.close_gate()
    with served.client() as client:
        job = submit(client)["job_id"]
        until(lambda: client.get(f"/api/v1/jobs/{job}").json()["running"], "the job runs")
        cells = [
            cell["status"]
            for step in (1, 2)
            for cell in client.get(f"/api/v1/jobs/{job}/batches?step={step}").json()["batches"]
        ]
        assert cells == ["running", "waiting"]
        assert client.delete(f"/api/v1/jobs/{job}").status_code == 200
        ended(client, job)
        (session,) = client.get(f"/page/jobs/{job}").json()["sessions"]
        assert (session["outcome"], session["files"]) == ("unjudged", True)
        (same,) = client.get(f"/page/jobs/{job}/batch?step=1&number=1").json()
        assert same["outcome"] == "unjudged"


def test_a_job_keeps_the_version_that_it_began_with(served: Served) -> None:
    served.close_gate()
    with served.client() as client:
        job = submit(client)["job_id"]
        until(lambda: client.get(f"/api/v1/jobs/{job}").json()["running"], "the job runs")
        served.write_pipeline(version=2)
        served.write("validators/forms/check.py", "raise SystemExit('the new one')\n")
        later = submit(client)
        served.open_gate()
        first = ended(client, job)
        assert (first["status"], first["workflow_version"]) == ("completed", 1)
        second = ended(client, later["job_id"])
        assert (second["status"], second["workflow_version"]) == ("stopped", 2)
        assert "the new one" in second["detail"]


def test_a_job_that_no_agent_can_run_is_refused_at_once(tmp_path: Path) -> None:
    served = Served(tmp_path / "project")
    served.write("supervisor.toml", 'agent = "gone"\n[agents.gone]\ncommand = ["no-such-program"]\n')
    served.start()
    try:
        with served.client() as client:
            answer = client.post("/api/v1/workflow", json=GOOD)
            assert "no-such-program" in problem(answer, 503)["detail"]
            assert answer.headers["Retry-After"]
    finally:
        served.close()


def test_a_pipeline_without_an_input_is_started_by_its_target_and_by_operators_only(served: Served) -> None:
    served.write(
        "phase_intelligence/plain/pipeline.toml",
        'name = "plain"\ncollection = "plain"\n[[phases]]\nid = 1\nname = "one"\nitems = "vfs/items.json"\n'
        'intelligence = "one.md"\noutput = "one.json"\n',
    )
    served.write("phase_intelligence/plain/one.md", "# One\n")
    served.write("vfs/items.json", '{"a": 1}')
    request = {"workflow_name": "plain", "input_data": {"target": "demo"}}
    with served.client() as client, served.client(served.secret("guest")) as guest:
        problem(guest.post("/api/v1/workflow", json=request), 403)
        problem(client.post("/api/v1/workflow", json={**request, "input_data": {}}), 422)
        problem(client.post("/api/v1/workflow", json={**request, "input_data": {"target": "../x"}}), 422)
        job = client.post("/api/v1/workflow", json=request).json()["job_id"]
        assert ended(client, job)["output"] == {"a": {"said": 1}}
        problem(client.post("/api/v1/workflow", json=request), 409)
        names = [each["name"] for each in client.get("/api/v1/workflows").json()["workflows"]]
        assert names == ["forms", "plain"]
        assert [each["name"] for each in guest.get("/api/v1/workflows").json()["workflows"]] == ["forms"]


def test_the_command_line_runs_it_with_an_input_from_a_file(served: Served) -> None:
    ran = served.supervisor("run", "forms", "demo")
    assert ran.returncode == 0, ran.stderr
    with served.client() as client, served.client(served.secret("guest")) as guest:
        (job,) = client.get("/api/v1/jobs").json()["jobs"]
        assert (job["owner"], job["output"]) == (None, {"form": {"said": {"said": {"size": 2}}}})
        problem(guest.get(f"/api/v1/jobs/{job['job_id']}"), 404)
