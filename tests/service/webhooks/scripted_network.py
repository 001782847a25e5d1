"""A public name and its address, and a name server that answers as a test wants."""

from __future__ import annotations

from supervisor.service.webhooks.ssrf_network import Resolve

NAME = "hooks.example.com"
PUBLIC = "93.184.215.14"


def answers(*turns: list[str]) -> Resolve:
    """A name server that answers each question otherwise."""
    left = list(turns)

    async def resolve(host: str, port: int) -> list[str]:
        return left.pop(0)

    return resolve
