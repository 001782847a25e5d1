"""Clients of the service in a process of their own: they submit at a steady rate, or listen; figures go out as JSON."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from urllib.parse import urlsplit

CONNECTIONS = 64
_AT = re.compile(rb'"kind": "tick".*"text": "([0-9.]+)"')


async def submit(address: str, secret: str, rate: float, seconds: float, body: str) -> None:
    """Print the milliseconds that each request took, counted from when it was due, and the statuses."""
    place = urlsplit(address)
    request = (
        f"POST /api/v1/workflow HTTP/1.1\r\nHost: {place.netloc}\r\nX-API-Secret: {secret}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
    due: asyncio.Queue[float] = asyncio.Queue()
    took: list[float] = []
    statuses: dict[str, int] = {}

    async def client() -> None:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        while (at := await due.get()) > 0:
            if writer.is_closing() or reader.at_eof():  # the service ends those that were idle
                reader, writer = await asyncio.open_connection(place.hostname, place.port)
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            found = re.search(rb"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(found[1]) if found else 0)
            took.append(1000 * (time.monotonic() - at))
            status = head.split(b" ", 2)[1].decode()
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()

    clients = [asyncio.create_task(client()) for _ in range(CONNECTIONS)]
    began = time.monotonic()
    for number in range(round(rate * seconds)):
        at = began + number / rate
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        due.put_nowait(at)
    for _ in clients:
        due.put_nowait(0.0)
    await asyncio.gather(*clients)
    print(json.dumps({"ms": took, "statuses": statuses, "seconds": time.monotonic() - began}), flush=True)


async def listen(address: str, secret: str, job: int, count: int) -> None:
    """Listen until standard input ends; print `ready`, then how long each tick took from its writing to each."""
    place = urlsplit(address)
    request = (
        f"GET /api/v1/jobs/{job}/events HTTP/1.1\r\nHost: {place.netloc}\r\nX-API-Secret: {secret}\r\n\r\n"
    ).encode()
    took: list[float] = []
    heard = 0
    begun = asyncio.Semaphore(0)

    async def listener() -> None:
        nonlocal heard
        reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=1 << 20)
        writer.write(request)
        await reader.readuntil(b"\ndata: ")
        begun.release()
        while line := await reader.readline():
            if line.startswith(b"data: "):
                heard += 1
                if found := _AT.search(line):
                    took.append(1000 * (time.time() - float(found[1])))

    tasks = []
    for number in range(count):
        tasks.append(asyncio.create_task(listener()))
        if number % 50 == 49:
            for _ in range(50):
                await begun.acquire()
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.read)
    before = -1
    while heard != before:  # the last are on their way
        before = heard
        await asyncio.sleep(1)
    for task in tasks:
        task.cancel()
    print(json.dumps({"ms": took, "heard": heard}), flush=True)


if __name__ == "__main__":
    kind, where, whose, first, second, *more = sys.argv[1:]
    if kind == "submit":
        asyncio.run(submit(where, whose, float(first), float(second), more[0]))
    else:
        asyncio.run(listen(where, whose, int(first), int(second)))
