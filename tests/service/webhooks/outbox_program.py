"""Delivers the messages of a store until it is ended, and says a line whenever it wrote something down."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from supervisor.service.webhooks.webhook_outbox import WebhookOutbox
from supervisor.service.webhooks.webhook_sender import WebhookSender
from tests.support.webhook_store import Access


async def _main(store: str, *allowed: str) -> None:
    access = Access(Path(store))
    running = asyncio.create_task(WebhookOutbox(access, WebhookSender(bytes(32), allowed)).run())
    while not running.done():
        await access.wrote()
        print("wrote", flush=True)


asyncio.run(_main(*sys.argv[1:]))
