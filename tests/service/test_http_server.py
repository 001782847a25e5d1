"""The service as a process: it ends when asked, says why it cannot begin, and tells no secret."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.served_project import GOOD, Served, ended
from tests.support.small_disk import fill, mounted
from tests.support.waiting import PATIENCE_S, until


def test_asked_to_end_during_requests_it_ends_cleanly_and_what_it_answered_is_done(served: Served) -> None:
    accepted: list[int] = []

    def submit(client: httpx.Client) -> None:
        try:
            while True:
                answer = client.post("/api/v1/workflow", json=GOOD)
                assert answer.status_code == 202, answer.text
                accepted.append(answer.json()["job_id"])
        except httpx.TransportError:
            pass

    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        sending = [threads.submit(submit, served.client()) for _ in range(4)]
        until(lambda: len(accepted) > 20, "jobs are accepted")
        assert served.stop() == 0
        for each in sending:
            each.result(PATIENCE_S)
    assert not served.log, served.log
    served.start()
    with served.client() as client:
        assert {ended(client, job)["status"] for job in accepted} == {"completed"}


def test_a_port_that_is_taken_is_said(served: Served) -> None:
    port = served.address.rpartition(":")[2]
    second = served.supervisor("serve", "--port", port)
    assert second.returncode == 2
    assert f"127.0.0.1 port {port}" in second.stderr and "--port" in second.stderr
    assert "Traceback" not in second.stderr
    with served.client() as client:
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn", "limits", "httpcore", "standardwebhooks"])
def test_without_what_it_needs_it_says_what_to_install(tmp_path: Path, missing: str) -> None:
    program = (
        f"import sys; sys.modules[{missing!r}] = None; sys.argv = ['supervisor', 'serve', '--port', '0']\n"
        "from supervisor.cli.main import main; main()"
    )
    root = tmp_path / "project"
    root.mkdir()
    (root / "supervisor.toml").write_text("")
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        capture_output=True,
        encoding="utf-8",
        timeout=20,
        check=False,
    )
    assert ran.returncode == 2, ran.stderr
    assert missing in ran.stderr and "phase-supervisor[serve]" in ran.stderr and "Traceback" not in ran.stderr


def test_a_submission_is_taken_while_the_store_is_busy(served: Served) -> None:
    store = sqlite3.connect(served.root / "vfs/.supervisor/store.sqlite", isolation_level=None)
    with served.client() as client, concurrent.futures.ThreadPoolExecutor(1) as thread:
        client.post("/api/v1/workflow", json=GOOD)
        store.execute("BEGIN IMMEDIATE")
        waits = thread.submit(client.post, "/api/v1/workflow", json=GOOD)
        with served.client() as other:
            assert other.get("/healthz").status_code == 200
            assert other.get("/api/v1/jobs").status_code == 200
        assert not waits.done()
        store.execute("COMMIT")
        answer = waits.result(PATIENCE_S)
        assert answer.status_code == 202
        for _ in range(10):
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            answer = client.post("/api/v1/workflow", json=GOOD)
            assert answer.status_code == 202
        assert ended(client, answer.json()["job_id"])["status"] == "completed"
    store.close()


def test_a_job_waits_while_the_command_line_holds_the_project(served: Served) -> None:
    served.close_gate()
    run = subprocess.Popen(
        [sys.executable, "-m", "supervisor", "run", "forms", "demo"],
        cwd=served.root,
        env={**served.environment(), "PYTHONPATH": os.getcwd()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with served.client() as client:
            until(lambda: [job for job in client.get("/api/v1/jobs").json()["jobs"] if job["running"]], "a job runs")
            job = client.post("/api/v1/workflow", json=GOOD).json()["job_id"]
            assert client.get("/readyz").json()["daemon"] == run.pid
            assert client.get(f"/api/v1/jobs/{job}").json()["status"] == "queued"
            served.open_gate()
            assert run.wait(PATIENCE_S) == 0
            assert ended(client, job)["status"] == "completed"
    finally:
        run.kill()
        run.wait()


def test_a_full_disk_is_a_problem_that_leaves_nothing_half_made(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "size=16m") as disk:
        served = Served(disk / "project")
        settings = (served.root / "supervisor.toml").read_text()
        served.write("supervisor.toml", f"min_free_bytes = 0\n{settings}")
        served.start()
        try:
            with served.client() as client:
                first = client.post("/api/v1/workflow", json={**GOOD, "idempotency_key": "first"}).json()["job_id"]
                ended(client, first)
                served.supervisor("stop")
                fill(disk / "big")
                answers = [
                    client.post("/api/v1/workflow", json={**GOOD, "idempotency_key": str(number)})
                    for number in range(200)
                ]
                taken = [answer.json()["job_id"] for answer in answers if answer.status_code == 202]
                refused = [answer for answer in answers if answer.status_code != 202]
                assert {answer.status_code for answer in refused} == {503}
                assert all(answer.headers["content-type"] == "application/problem+json" for answer in refused)
                assert refused[0].headers["Retry-After"] and "full" in refused[0].json()["detail"]
                listed = client.get("/api/v1/jobs?limit=100").json()["jobs"]
                assert sorted(job["job_id"] for job in listed) == [first, *taken]
                (disk / "big").unlink()
                again = client.post("/api/v1/workflow", json={**GOOD, "idempotency_key": "199"})
                assert again.status_code == 202
                for job in (*taken, again.json()["job_id"]):
                    assert ended(client, job)["status"] == "completed"
        finally:
            served.close()


def test_no_secret_is_told_to_the_log_or_in_an_answer(served: Served) -> None:
    secret = served.operator
    key = (served.root / "vfs/.supervisor/service.key").read_bytes()
    answers = []
    with served.client() as client:
        job = client.post("/api/v1/workflow", json=GOOD).json()["job_id"]
        ended(client, job)
        for path in ("/jobs", f"/jobs/{job}", f"/jobs/{job}/output", f"/jobs/{job}/history", "/workflows", "/jobs/x"):
            answers.append(client.get(f"/api/v1{path}").text)
        for path in ("/metrics", "/openapi.json", "/readyz", f"/{secret}", f"/api/v1/jobs?before={secret[:4]}"):
            answers.append(client.get(path).text.replace(f"/{secret}", ""))
        answers.append(client.post("/api/v1/workflow", content=b"{").text)
        for table in ("submissions", "api_clients"):  # what fails then has the secret in its variables
            with sqlite3.connect(served.root / "vfs/.supervisor/store.sqlite") as store:
                store.execute(f"ALTER TABLE {table} RENAME TO lost")
            faulty = client.get(f"/api/v1/jobs/{job}")
            assert faulty.status_code == 500 and faulty.json()["remedy"]
            answers.append(faulty.text)
            with sqlite3.connect(served.root / "vfs/.supervisor/store.sqlite") as store:
                store.execute(f"ALTER TABLE lost RENAME TO {table}")
    assert served.stop(signal.SIGTERM) == 0
    until(lambda: any("no such table: api_clients" in line for line in served.log), "the service says why")
    told = "".join([*answers, *served.log])
    assert secret not in told and secret.removeprefix("sup_") not in told
    assert key.hex() not in told and repr(key) not in told
