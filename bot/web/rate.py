"""The rate limit per client: a token bucket, so that a burst is served and a flood is not.

J. Turner, «New directions in communications (or which way to the information age?)», IEEE Communications Magazine 24,
1986: the bucket fills at a fixed rate up to the burst. A request takes tokens, and is refused if there are too few.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from math import ceil
from typing import TypeAlias

import structlog
from aiohttp import web

log = structlog.get_logger()

Network: TypeAlias = IPv4Network | IPv6Network

BURST, PER_SECOND = 400.0, 40.0  # a page with its 24 pictures costs about 30
STRANGERS = 10  # peers that are warned about
CLIENTS = 10_000  # clients remembered; beyond that, the one that was idle longest is dropped


@dataclass
class Buckets:
    """One token bucket per client."""

    burst: float = BURST
    per_second: float = PER_SECOND
    clock: Callable[[], float] = time.monotonic
    _level: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)  # tokens at a time

    def take(self, client: str, cost: float) -> int:
        """Take tokens. Returns 0 if the request is allowed, or the whole seconds until it would be."""
        now = self.clock()
        level, since = self._level.pop(client, (self.burst, now))
        level = min(self.burst, level + (now - since) * self.per_second)
        wait = ceil((cost - level) / self.per_second) if level < cost else 0
        self._level[client] = (level if wait else level - cost, now)
        if len(self._level) > CLIENTS:
            self._level.popitem(last=False)
        return wait


@dataclass
class Clients:
    """Tells clients apart by their addresses. A proxy is believed about its client if `proxies` contain the proxy."""

    proxies: Sequence[Network] = ()
    _strangers: set[str] = field(default_factory=set)  # peers that tell a client without being believed

    def of(self, request: web.Request) -> str:
        """Return the address of the client, an IPv6 one as its /64."""
        told = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        peer, before = request.remote or "", [hop.strip() for hop in told if hop.strip()]
        if before and not self._believes(peer):
            self._warn(peer)
        while before and self._believes(peer):
            hop = before.pop()
            if _address(hop) is None:
                break
            peer = hop
        address = _address(peer)
        return str(IPv6Address(int(address) >> 64 << 64)) if isinstance(address, IPv6Address) else str(address or peer)

    def _believes(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and any(address in network for network in self.proxies)

    def _warn(self, peer: str) -> None:
        if peer not in self._strangers and len(self._strangers) < STRANGERS:
            self._strangers.add(peer)
            log.warning("web.proxy_not_believed", peer=peer, remedy="name it in KUOTU_PROXIES if it is your proxy")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address, or None if the text is none. An IPv4 address inside an IPv6 one counts as itself."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
