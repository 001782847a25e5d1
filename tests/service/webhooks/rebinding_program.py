"""In a network of its own, where a public address and loopback are both this machine: sends to a name that changes."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess

import trustme

from supervisor.service.webhooks.ssrf_network import SsrfSafeNetwork
from supervisor.service.webhooks.webhook_sender import WebhookSender
from tests.service.webhooks.scripted_network import NAME, PUBLIC, answers
from tests.service.webhooks.webhook_receiver import Receiver
from tests.support.webhook_store import KEY, message

TURNS = ([PUBLIC], ["127.0.0.1"], [PUBLIC, "127.0.0.1"], ["::ffff:127.0.0.1"], [PUBLIC])


async def _main() -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "addr", "add", f"{PUBLIC}/32", "dev", "lo"], check=True)
    authority, client = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(client)
    servers = [ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2)]
    for server in servers:
        authority.issue_cert(NAME).configure_cert(server)
    async with (
        Receiver(tls=servers[0], host=PUBLIC, port=443) as public,
        Receiver(tls=servers[1], port=443) as private,
    ):
        sender = WebhookSender(KEY, network=SsrfSafeNetwork(resolve=answers(*TURNS)), tls=client)
        said = [(await sender.send(message(f"https://{NAME}/hook"))).said for _ in TURNS]
        print(json.dumps({"said": said, "public": public.connections, "private": private.connections}))


asyncio.run(_main())
