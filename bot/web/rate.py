"""The rate limit per client: a token bucket, so that a burst is served and a flood is not.

J. Turner, «New directions in communications (or which way to the information age?)», IEEE Communications Magazine 24,
1986: the bucket fills at a fixed rate up to the burst. A request takes tokens, and is refused if there are too few.
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


def client_of(request: web.Request) -> str:
    """Return the client's address, an IPv6 one as its /64. A proxy on a private address names the client."""
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
