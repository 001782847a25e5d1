"""The secret that each client verifies its webhooks with, and the headers that a message is signed by.

Signatures are those of Standard Webhooks. A secret is derived from the service's key whenever it is needed: the store
has none, and a client keeps its own for as long as that file is there.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from supervisor.service.auth.service_key import derived

PREFIX = "whsec_"
"""Begins every secret, as Standard Webhooks has it."""


def webhook_secret(key: bytes, owner: str) -> str:
    """The secret of a client, of the key that `key_file.service_key` gives."""
    return PREFIX + base64.b64encode(derived(key, "webhooks", owner)).decode()


def signed(secret: str, message: str, at: float, payload: str) -> dict[str, str]:
    """The headers of a message, by its id, that is sent at this time."""
    from standardwebhooks import Webhook

    moment = datetime.fromtimestamp(int(at), UTC)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(at)),
        "webhook-signature": Webhook(secret).sign(message, moment, payload),
    }
