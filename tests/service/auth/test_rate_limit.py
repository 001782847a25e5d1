"""How often a client may ask."""

from __future__ import annotations

from pathlib import Path

from tests.support.served_project import Served


def test_a_client_that_asks_too_often_is_told_how_long_to_wait_and_others_are_not_touched(tmp_path: Path) -> None:
    served = Served(tmp_path / "limited", '[serve]\nrate = "5/hour"\n')
    served.start()
    try:
        with served.client() as client, served.client(served.secret("other")) as other:
            asked = [client.get("/api/v1/jobs") for _ in range(7)]
            assert [answer.status_code for answer in asked] == [200] * 5 + [429] * 2
            assert 3000 < int(asked[-1].headers["Retry-After"]) <= 3600
            assert asked[-1].headers["content-type"] == "application/problem+json" and asked[-1].json()["remedy"]
            assert other.get("/api/v1/jobs").status_code == 200
            assert client.get("/healthz").status_code == 200
    finally:
        served.close()
