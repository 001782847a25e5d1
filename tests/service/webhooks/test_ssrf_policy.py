"""Webhooks go to public addresses by https, and to hosts that the settings name; to nothing else, however written."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterable
from typing import Any

import httpcore
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from supervisor.errors import UsageError
from supervisor.service.webhooks.ssrf_network import SsrfSafeNetwork, system_resolve
from supervisor.service.webhooks.ssrf_policy import Destination, check_url, destination, refusal
from tests.service.webhooks.scripted_network import PUBLIC, answers


@pytest.mark.parametrize(
    ("url", "host", "place", "target"),
    [
        ("https://hooks.example.com", "hooks.example.com", "hooks.example.com", "/"),
        ("HTTPS://Hooks.Example.COM:443/in/?a=b&c=%20", "hooks.example.com", "hooks.example.com", "/in/?a=b&c=%20"),
        ("https://xn--bcher-kva.example/@x:y", "xn--bcher-kva.example", "xn--bcher-kva.example", "/@x:y"),
        (f"https://{PUBLIC}/", PUBLIC, PUBLIC, "/"),
        ("https://[2606:4700:0::1111]/", "2606:4700::1111", "[2606:4700::1111]", "/"),
        ("https://a_b.1.2.example.c0m/", "a_b.1.2.example.c0m", "a_b.1.2.example.c0m", "/"),
    ],
)
def test_public_addresses_are_taken(url: str, host: str, place: str, target: str) -> None:
    found = destination(url)
    assert found == Destination("https", host, 443, target)
    assert found.place == place


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.example.com/", "not https"),
        ("ftp://hooks.example.com/", "ftp is not https"),
        ("file:///etc/passwd", "file is not https"),
        ("javascript:alert(1)", "no URL"),
        ("//hooks.example.com/", "no URL"),
        ("", "spaces"),
        ("https://", "malformed"),
        ("https:///x", "malformed"),
        ("https://hooks.example.com:8443/", "port 8443 is not 443"),
        ("https://hooks.example.com:80/", "port 80 is not 443"),
        ("https://hooks.example.com:0/", "malformed"),
        ("https://hooks.example.com:99999/", "malformed"),
        ("https://hooks.example.com:/", "malformed"),
        ("https://user:secret@hooks.example.com/", "name or password"),
        ("https://hooks.example.com@127.0.0.1/", "name or password"),
        ("https://hooks.example.com#@127.0.0.1/", "would not be sent"),
        ("https://hooks.example.com\\@127.0.0.1/", "backslashes"),
        ("https://hooks.example.com?x=1", "no / before"),
        ("https://hooks.example.com./", "ends with a dot"),
        ("https://hooks..example.com/", "malformed"),
        ("https://-hooks.example.com/", "malformed"),
        ("https://%31%32%37.0.0.1/", "malformed"),
        ("https://bücher.example/", "not ASCII"),
        ("https://１２７.0.0.1/", "not ASCII"),
        ("https://hooks.example.com/\r\nX: y", "spaces"),
        ("https://hooks.example.com/a b", "spaces"),
        ("https://hooks.example.com/" + "x" * 2000, "longer"),
        ("https://localhost/", "no public name"),
        ("https://LOCALHOST/", "no public name"),
        ("https://a.localhost/", "no public name"),
        ("https://metadata/", "no public name"),
        ("https://127.0.0.1/", "loopback"),
        ("https://2130706433/", "malformed address"),
        ("https://0x7f000001/", "malformed address"),
        ("https://0x7f.1/", "malformed address"),
        ("https://127.1/", "malformed address"),
        ("https://0177.0.0.1/", "malformed address"),
        ("https://127.0.0.01/", "malformed address"),
        ("https://1.2.3.4.5/", "malformed address"),
        ("https://example.0x/", "malformed address"),
        ("https://10.1.2.3/", "private"),
        ("https://172.31.255.255/", "private"),
        ("https://192.168.1.1/", "private"),
        ("https://169.254.169.254/latest/meta-data/", "link-local"),
        ("https://100.64.0.1/", "shared"),
        ("https://0.0.0.0/", "unspecified"),
        ("https://224.0.0.1/", "multicast"),
        ("https://255.255.255.255/", "reserved"),
        ("https://[::1]/", "loopback"),
        ("https://[::]/", "unspecified"),
        ("https://[::ffff:127.0.0.1]/", "loopback"),
        ("https://[::ffff:a00:1]/", "private"),
        ("https://[::127.0.0.1]/", "reserved"),
        ("https://[64:ff9b::7f00:1]/", "loopback"),
        ("https://[64:ff9b::a9fe:a9fe]/", "link-local"),
        ("https://[64:ff9b:1::7f00:1]/", "reserved"),
        ("https://[2002:7f00:1::]/", "reserved"),
        ("https://[2001:0:7f00:1::]/", "reserved"),
        ("https://[fe80::1]/", "link-local"),
        ("https://[fe80::1%25eth0]/", "zone"),
        ("https://[fe80::1%eth0]/", "zone"),
        ("https://[fec0::1]/", "reserved"),
        ("https://[fd00::1]/", "private"),
        ("https://[ff02::1]/", "multicast"),
        ("https://[127.0.0.1]/", "no IPv6 address"),
        ("https://::1/", "malformed"),
    ],
)
def test_other_addresses_are_refused_with_the_reason(url: str, why: str) -> None:
    with pytest.raises(UsageError, match="webhook_url: ") as refused:
        check_url(url)
    assert why in refused.value.what
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:9000/x", "127.0.0.1:9000"),
        ("http://hooks.internal/x", "hooks.internal"),
        ("http://Hooks.internal:80/x", "hooks.Internal"),
        ("http://hooks/x", "hooks"),
        ("https://hooks.example.com:8443/x", "hooks.example.com:8443"),
        ("http://[::1]:9000/x", "[::1]:9000"),
        ("http://[0::1]/x", "[::1]"),
    ],
)
def test_hosts_that_the_settings_name_are_taken(url: str, allowed: str) -> None:
    check_url(url, [allowed])
    with pytest.raises(UsageError):
        check_url(url, ["other.internal"])


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:9001/x", "127.0.0.1:9000"),
        ("http://127.0.0.1:9000/x", "127.0.0.1"),
        ("http://127.0.0.1/x", "127.0.0.1:9000"),
        ("http://a.hooks.internal/x", "hooks.internal"),
        ("http://hooks.internal.example/x", "hooks.internal"),
        ("http://me@hooks.internal/x", "hooks.internal"),
    ],
)
def test_a_named_host_allows_no_other(url: str, allowed: str) -> None:
    with pytest.raises(UsageError):
        check_url(url, [allowed])


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
@example(ipaddress.ip_address("192.88.99.1"))
@example(ipaddress.ip_address("198.18.0.1"))
@example(ipaddress.ip_address("2001:db8::1"))
@example(ipaddress.ip_address("3fff::1"))
def test_what_is_not_refused_is_global(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if refusal(address) is not None:
        return
    if address.version == 6 and address in ipaddress.ip_network("64:ff9b::/96"):
        address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    held = getattr(address, "ipv4_mapped", None) or address
    assert held.is_global
    assert not (held.is_multicast or held.is_reserved or held.is_loopback or held.is_link_local or held.is_unspecified)


@given(st.ip_addresses(v=4))
def test_an_address_in_another_form_is_judged_as_itself(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for network in ("::ffff:0:0", "64:ff9b::"):
        wrapped = ipaddress.IPv6Address(int(ipaddress.IPv6Address(network)) + number)
        assert refusal(wrapped) == refusal(address)
    assert refusal(ipaddress.IPv6Address((0x2002 << 112) + (number << 80))) is not None


@pytest.mark.parametrize("public", [PUBLIC, "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_public_addresses_are_not_refused(public: str) -> None:
    assert refusal(ipaddress.ip_address(public)) is None


class Line(httpcore.AsyncNetworkBackend):
    """What connections would be made to."""

    def __init__(self, dead: Iterable[str] = ()) -> None:
        self.asked: list[tuple[str, int]] = []
        self._dead = set(dead)

    async def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        self.asked.append((host, port))
        if host in self._dead:
            raise httpcore.ConnectError("nobody is there")
        return httpcore.AsyncMockStream([])


def test_a_name_that_becomes_private_is_not_connected_to() -> None:
    line = Line()
    network = SsrfSafeNetwork(resolve=answers([PUBLIC], ["127.0.0.1"]), inner=line)
    asyncio.run(network.connect_tcp("hooks.example.com", 443))
    assert line.asked == [(PUBLIC, 443)]  # the address that was checked; the name is asked for once
    with pytest.raises(UsageError, match=r"an address of hooks\.example\.com is loopback"):
        asyncio.run(network.connect_tcp("hooks.example.com", 443))
    assert line.asked == [(PUBLIC, 443)]


@pytest.mark.parametrize(
    "found",
    [
        [PUBLIC, "10.0.0.1"],
        ["10.0.0.1", PUBLIC],
        [PUBLIC, PUBLIC, PUBLIC, PUBLIC, "fe80::1%lo"],
        ["2606:4700::1111%lo"],
        [PUBLIC, "::ffff:169.254.169.254"],
        ["what"],
    ],
)
def test_a_single_address_that_is_not_public_refuses_the_name(found: list[str]) -> None:
    line = Line()
    with pytest.raises(UsageError):
        asyncio.run(SsrfSafeNetwork(resolve=answers(found), inner=line).connect_tcp("hooks.example.com", 443))
    assert line.asked == []


def test_where_an_address_does_not_answer_the_next_is_tried() -> None:
    line = Line(dead=[PUBLIC])
    asyncio.run(SsrfSafeNetwork(resolve=answers([PUBLIC, "8.8.8.8"]), inner=line).connect_tcp("a.example", 443))
    assert line.asked == [(PUBLIC, 443), ("8.8.8.8", 443)]


def test_of_a_name_with_many_dead_addresses_a_few_are_tried() -> None:
    many = [f"8.8.8.{n}" for n in range(200)]
    line = Line(dead=many)
    with pytest.raises(httpcore.ConnectError):
        asyncio.run(SsrfSafeNetwork(resolve=answers(many), inner=line).connect_tcp("a.example", 443))
    assert len(line.asked) == 4


def test_an_allowed_host_may_have_any_address_on_its_port() -> None:
    line = Line()
    network = SsrfSafeNetwork(["hooks.internal:9000"], answers(["10.0.0.1"], ["10.0.0.1"]), line)
    asyncio.run(network.connect_tcp("hooks.internal", 9000))
    with pytest.raises(UsageError):
        asyncio.run(network.connect_tcp("hooks.internal", 9001))
    assert line.asked == [("10.0.0.1", 9000)]


def test_a_written_address_is_checked_too() -> None:
    line = Line()
    with pytest.raises(UsageError):
        asyncio.run(SsrfSafeNetwork(inner=line).connect_tcp("127.0.0.1", 443))
    assert line.asked == []


def test_this_machine_is_asked_for_names() -> None:
    assert "127.0.0.1" in asyncio.run(system_resolve("localhost", 443))
    with pytest.raises(OSError):  # noqa: PT011 - the words are those of the system
        asyncio.run(system_resolve("a..b", 443))
