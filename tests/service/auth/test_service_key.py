"""The service's key is made once, and what is derived from it stays; no store has it."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest

from supervisor.errors import StoreError
from supervisor.service.auth.service_key import NAME, derived, service_key
from supervisor.service.webhooks.webhook_signing import PREFIX, webhook_secret

PROGRAM = """
import sys
from pathlib import Path
from supervisor.service.auth.service_key import service_key
print("ready", flush=True)
sys.stdin.readline()
print(service_key(Path(sys.argv[1])).hex())
"""


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    state = tmp_path / "vfs" / ".supervisor"
    key = service_key(state)
    assert len(key) == 32
    assert service_key(state) == key
    assert [path.name for path in state.iterdir()] == [NAME]
    assert (state / NAME).stat().st_mode & 0o777 == 0o600
    assert service_key(tmp_path / "other") != key


def test_a_webhook_secret_is_a_clients_own_and_stays(tmp_path: Path) -> None:
    key = service_key(tmp_path)
    secret = webhook_secret(key, "alice")
    assert secret == webhook_secret(service_key(tmp_path), "alice")
    assert secret != webhook_secret(key, "bob")
    assert secret.startswith(PREFIX)
    raw = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    assert len(raw) == 32
    assert raw not in (key, derived(key, "cookies"), derived(key, "cookies", "alice"))


def test_processes_that_make_the_key_at_the_same_moment_have_the_same(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    told = {process.communicate(timeout=60)[0] for process in processes}
    assert told == {f"{service_key(tmp_path).hex()}\n"}


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 31, b"x" * 33])
def test_a_file_that_is_no_key_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    service_key(tmp_path)
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(StoreError, match="not a key of 32 bytes"):
        service_key(tmp_path)
    assert (tmp_path / NAME).read_bytes() == content


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    service_key(tmp_path)
    (tmp_path / NAME).chmod(0o640)
    with pytest.raises(StoreError, match="chmod 600"):
        service_key(tmp_path)
