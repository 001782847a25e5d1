"""A name that changes between public and private addresses, on real addresses in a network of the test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support.repository_content import REPOSITORY

OWN_NETWORK = ["unshare", "--user", "--map-root-user", "--net"]


def can_have_a_network() -> bool:
    try:
        return subprocess.run([*OWN_NETWORK, "ip", "link"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not can_have_a_network(), reason="no user may have a network of its own here, or ip is missing")
def test_nothing_arrives_at_the_private_address_of_a_name_that_has_a_public_one_too() -> None:
    ran = subprocess.run(
        [*OWN_NETWORK, sys.executable, "-m", "tests.service.webhooks.rebinding_program"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    refused = "not sent: an address of hooks.example.com is loopback"
    answered = "answered 204 No Content"
    assert json.loads(ran.stdout) == {
        "said": [answered, refused, refused, refused, answered],
        "public": 2,
        "private": 0,
    }
