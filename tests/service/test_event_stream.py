"""Server-sent events: in order, nothing lost and nothing twice, whatever is restarted."""

from __future__ import annotations

import signal
from itertools import takewhile

from tests.support.served_project import GOOD, Served, ended, events


def kinds(found: list[dict[str, object]]) -> list[object]:
    return [event["kind"] for event in found]


def test_a_listener_hears_a_job_from_its_first_event_to_its_last(served: Served) -> None:
    with served.client() as client:
        job = client.post("/api/v1/workflow", json=GOOD).json()["job_id"]
        heard = list(takewhile(lambda event: event["kind"] != "job_completed", events(client, job)))
        assert kinds(heard)[:2] == ["job_queued", "job_started"]
        assert kinds(heard).count("batch_ended") == 2


def test_it_goes_on_after_the_last_event_that_was_heard(served: Served) -> None:
    with served.client() as client:
        job = client.post("/api/v1/workflow", json=GOOD).json()["job_id"]
        ended(client, job)

        def heard(after: int | None) -> list[int]:
            found = []
            for event in events(client, job, after):
                found.append(event["id"])
                if event["kind"] == "job_completed":
                    return found
            raise AssertionError("it ended")

        whole = heard(None)
        assert whole == sorted(set(whole))
        for number in whole[:-1]:
            assert heard(number) == [each for each in whole if each > number]


def test_nothing_is_lost_or_doubled_across_restarts_of_the_service(served: Served) -> None:
    served.close_gate()
    with served.client() as client:
        job = client.post("/api/v1/workflow", json=GOOD).json()["job_id"]
        found = []
        for event in events(client, job):
            found.append(event["id"])
            if event["kind"] == "session_started":
                break
    served.stop(signal.SIGKILL)
    served.open_gate()
    served.start()
    with served.client() as client:
        ended(client, job)
        for event in events(client, job, found[-1]):
            found.append(event["id"])
            if event["kind"] == "job_completed":
                break
        everything = []
        for event in events(client, job):
            everything.append(event["id"])
            if event["kind"] == "job_completed":
                break
    assert found == everything


def test_the_service_ends_when_asked_though_somebody_listens(served: Served) -> None:
    with served.client() as client:
        job = client.post("/api/v1/workflow", json=GOOD).json()["job_id"]
        listening = events(client, job)
        next(listening)
        assert served.stop() == 0
        assert all(event["job"] == job for event in listening)
