"""How much one client may ask for: a token bucket each, so that a burst is served and a flood is not.

J. Turner, «New directions in communications (or which way to the information age?)», IEEE Communications Magazine 24,
1986: the bucket fills at a rate up to a burst; what is asked takes from it, and an empty one refuses.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from math import ceil

from aiohttp import web

BURST, PER_SECOND = 400.0, 40.0  # a page with its 24 pictures costs about 30
CLIENTS = 10_000  # remembered; beyond, the one who asked longest ago is forgotten


@dataclass
class Buckets:
    """One bucket a client."""

    burst: float = BURST
    per_second: float = PER_SECOND
    clock: Callable[[], float] = time.monotonic
    _level: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)  # what is in it, since when

    def take(self, client: str, cost: float) -> int:
        """0 when it is allowed, else whole seconds until it would be."""
        now = self.clock()
        level, since = self._level.pop(client, (self.burst, now))
        level = min(self.burst, level + (now - since) * self.per_second)
        wait = ceil((cost - level) / self.per_second) if level < cost else 0
        self._level[client] = (level if wait else level - cost, now)
        if len(self._level) > CLIENTS:
            self._level.popitem(last=False)
        return wait


def client_of(request: web.Request) -> str:
    """The address of who asks, a /64 of IPv6 as one. A proxy on a private address tells whom it speaks for."""
    peer = request.remote or ""
    if _private(peer):
        told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        peer = told if _is_address(told) else peer
    address = ip_address(peer) if _is_address(peer) else None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return peer


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _private(text: str) -> bool:
    return _is_address(text) and ip_address(text).is_private
