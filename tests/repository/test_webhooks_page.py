"""The page on webhooks: its receiver understands what is sent, and its numbers are those of the code."""

from __future__ import annotations

import json
import re
import time
import tomllib
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from supervisor.project.project_settings import ServeSettings
from supervisor.service.webhooks import webhook_outbox, webhook_sender
from supervisor.service.webhooks.webhook_signing import signed, webhook_secret
from tests.support.repository_content import REPOSITORY

PAGE = (REPOSITORY / "docs" / "webhooks.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    found = re.search(rf"^```{kind}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def test_its_receiver_takes_what_is_signed_and_nothing_else() -> None:
    there: dict[str, Any] = {}
    exec(block("python"), there)
    secret, payload = webhook_secret(bytes(32), "alice"), block("json")
    headers = signed(secret, "msg_1", time.time(), payload)
    assert there["received"](secret, headers, payload.encode()) == ("job.failed", 7)
    with pytest.raises(WebhookVerificationError):
        there["received"](secret, headers, payload.encode() + b" ")


def test_its_message_has_the_form_of_the_stores() -> None:
    assert set(json.loads(block("json"))) == {"type", "timestamp", "data"}


def test_its_numbers_are_those_of_the_code() -> None:
    words = " ".join(PAGE.split())
    assert webhook_outbox.WAITS_S == (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
    assert "5 seconds, 5 minutes, 30 minutes, 2, 5, 10 and 10 hours, each up to a fifth longer" in words
    assert f"after {len(webhook_outbox.WAITS_S) + 1} tries" in words
    assert webhook_outbox.JITTER == 1 / 5
    assert f"not within {webhook_sender.PATIENCE_S:g} seconds" in words
    assert webhook_sender.RETRY_AFTER_MOST_S == 3600 and "an hour at most" in words
    assert f"At most {webhook_outbox.AT_ONCE} messages" in words and webhook_outbox.AT_ONCE_TO_A_HOST == 2
    assert "two of them to one host" in words


def test_its_settings_are_read() -> None:
    settings = ServeSettings(**tomllib.loads(block("toml"))["serve"])
    assert settings.webhook_hosts == ("hooks.internal", "127.0.0.1:9000")
