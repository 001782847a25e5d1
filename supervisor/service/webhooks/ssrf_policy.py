"""Which addresses webhooks may be sent to: public ones by https, and the hosts that the project's settings name.

A URL is judged without asking for its name when it is submitted: what the name stands for may be another address a
moment later, and submitting would be a way to ask this network's name server. `GuardedNetwork` judges the addresses
themselves, each time that a message is sent.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from typing import NamedTuple

from supervisor.errors import UsageError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
PORTS = {"https": 443, "http": 80}
_LONGEST = 2000
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^#]*)(#.*)?")
_PLACE = re.compile(r"(?:\[([^\[\]]*)\]|([^\[\]:]*))(?::([0-9]{1,5}))?")
_NAME = re.compile(r"(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)*(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_REMEDY = (
    "Give a public address that begins with https://; others have to be named in `webhook_hosts` of [serve] in the"
    " project's settings."
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL = ipaddress.IPv6Network("2000::/3")
_KINDS = {
    ipaddress.ip_network(network): kind
    for network, kind in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a provider's customers"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "reserved"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "reserved"),
        ("198.51.100.0/24", "reserved"),
        ("203.0.113.0/24", "reserved"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
        ("2001::/23", "reserved"),  # Teredo among them, which holds an IPv4 address
        ("2001:db8::/32", "reserved"),
        ("2002::/16", "reserved"),  # 6to4, which holds an IPv4 address
        ("3fff::/20", "reserved"),
    )
}
"""What is not public, by the registries of special-purpose addresses of IANA; of IPv6 all that is not 2000::/3."""


class Destination(NamedTuple):
    """Where a URL leads to; nothing is parsed a second time."""

    scheme: str
    host: str
    """In small letters, an IPv6 address without brackets."""
    port: int
    target: str

    @property
    def place(self) -> str:
        """Host and port as they stand in a URL and in the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """The URL without what may be a secret in it."""
        return f"{self.scheme}://{self.place}"


def check_url(url: str, allowed: Collection[str] = ()) -> None:
    """Refuse, by UsageError, a URL to which no webhook would be sent, whatever its name stands for."""
    destination(url, allowed)


def destination(url: str, allowed: Collection[str] = ()) -> Destination:
    """Where a URL leads to; UsageError where that is not to be.

    `allowed` holds hosts, which may have any address: `HOST` for the ports 443 and 80, `HOST:PORT` for another.
    """
    parsed = _parsed(url)
    if is_allowed(parsed.host, parsed.port, allowed):
        return parsed
    if parsed.scheme != "https":
        raise _refused("it is not https")
    if parsed.port != PORTS["https"]:
        raise _refused(f"port {parsed.port} is not 443")
    address = literal(parsed.host)
    if address is not None and (kind := refusal(address)):
        raise _refused(f"the address {parsed.host} is {kind}")
    if address is None and ("." not in parsed.host or parsed.host.endswith(".localhost")):
        raise _refused(f"{parsed.host!r} is no public name")
    return parsed


def is_allowed(host: str, port: int, allowed: Collection[str]) -> bool:
    """Whether the settings name this host and port."""
    host = f"[{host}]" if ":" in host else host
    names = {f"{host}:{port}", host} if port in PORTS.values() else {f"{host}:{port}"}
    return any(entry.lower() in names for entry in allowed)


def literal(host: str) -> Address | None:
    """The address that a host is written as; None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def refusal(address: Address) -> str | None:
    """Of what kind an address is that nothing may be sent to; None for a public one."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return "of one link only"
        held = address.ipv4_mapped
        if held is None and address in _NAT64:
            held = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if held is not None:
            return refusal(held)
    kinds = (kind for network, kind in _KINDS.items() if address.version == network.version and address in network)
    kind = next(kinds, None)
    if kind is None and address.version == _GLOBAL.version and address not in _GLOBAL:
        return "reserved"
    return kind


def _parsed(url: str) -> Destination:
    if len(url) > _LONGEST:
        raise _refused(f"it is longer than {_LONGEST} characters")
    if not re.fullmatch(r"[!-~]+", url) or "\\" in url:
        raise _refused(
            "it has spaces, backslashes or letters that are not ASCII",
            "Write an international name in its ASCII form (xn--…), and escape other characters with %.",
        )
    found = _URL.fullmatch(url)
    if found is None:
        raise _refused("it is no URL")
    scheme, place, target, fragment = found[1].lower(), found[2], found[3] or "/", found[4]
    if scheme not in PORTS:
        raise _refused(f"{scheme} is not https")
    if "@" in place:
        raise _refused("it has a name or password in it", "Leave them out: messages are signed.")
    if fragment is not None:
        raise _refused("what follows # would not be sent", "Leave it out.")
    if not target.startswith("/"):
        raise _refused("there is no / before the ?", "Write it as https://host/?…")
    parts = _PLACE.fullmatch(place)
    port = PORTS[scheme] if parts is None or parts[3] is None else int(parts[3])
    if parts is None or not 0 < port < 1 << 16:
        raise _refused("its host or port is malformed")
    return Destination(scheme, _host(parts[1], (parts[2] or "").lower()), port, target)


def _host(bracketed: str | None, name: str) -> str:
    if bracketed is not None:
        try:
            address = ipaddress.IPv6Address(bracketed)
        except ValueError:
            address = None
        if address is None or address.scope_id is not None:
            raise _refused("what stands in [] is no IPv6 address, or one with a zone")
        return address.compressed
    if name.endswith("."):
        raise _refused("its host ends with a dot", "Leave the dot out.")
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise _refused("its host is malformed")
    # Other programs take 2130706433, 0x7f.1 and 0177.0.0.1 for addresses: there is one way to write one.
    if _NUMBER.fullmatch(name.rpartition(".")[2]) and literal(name) is None:
        raise _refused("its host is a malformed address", "Write it as four decimal numbers with dots between them.")
    return name


def _refused(what: str, remedy: str = _REMEDY) -> UsageError:
    return UsageError(what, where="webhook_url", remedy=remedy)
