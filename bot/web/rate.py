"""The rate limit per client: a token bucket, so that a burst is served and a flood is not.

The bucket is in the database, so that all programs that serve the pages share it. A program takes tokens from it in
lots, because a picture should not cost a transaction, and remembers for how long a client has to wait. A browser asks
for the pictures of a page all at once, so the requests of one client take turns, and share the lot of the first.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from math import ceil
from typing import TypeAlias

import structlog
from aiohttp import web

from storage.buckets import Buckets, Rate

log = structlog.get_logger()

Network: TypeAlias = IPv4Network | IPv6Network

RATE = Rate(burst=400.0, per_second=40.0)  # a page with its 24 pictures costs about 30
LOT = 40.0  # tokens that a program takes at once: a page with its pictures
STRANGERS = 10  # peers that are warned about
CLIENTS = 10_000  # clients remembered; beyond that, the one that was idle longest is dropped


@dataclass
class Purse:
    """What a program has left of a client's last lot, until when, and until when the client is refused."""

    tokens: float = 0.0
    until: float = 0.0
    refused_until: float = 0.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # of the requests that spend from it


@dataclass
class Allowance:
    """The tokens that clients may spend here. `clock` is a program's own, for purses alone."""

    buckets: Buckets
    rate: Rate = RATE
    clock: Callable[[], float] = time.monotonic
    purses: OrderedDict[str, Purse] = field(default_factory=OrderedDict)

    async def take(self, client: str, cost: float) -> int:
        """Take tokens. Returns 0 if the request is allowed, or the whole seconds until it would be."""
        purse = self.purse(client)
        async with purse.turn:
            return await self._spend(client, purse, cost)

    async def _spend(self, client: str, purse: Purse, cost: float) -> int:
        now = self.clock()
        if purse.until <= now:
            purse.tokens = 0.0
        if purse.tokens < cost:
            if now < purse.refused_until:
                return ceil(purse.refused_until - now)
            if wait := await self._fill(client, purse, cost - purse.tokens):
                purse.refused_until = self.clock() + wait
                return ceil(wait)
        purse.tokens -= cost
        return 0

    async def _fill(self, client: str, purse: Purse, lacking: float) -> float:
        """Take a lot from the client's bucket, or else what is lacking. Returns the seconds to wait if that fails."""
        wait = 0.0
        for tokens in (max(LOT, lacking), lacking):
            if not (wait := await self.buckets.take(f"web:{client}", tokens, self.rate)):
                purse.tokens += tokens
                purse.until = self.clock() + self.rate.burst / self.rate.per_second  # the bucket is full again by then
                return 0.0
        return wait

    def purse(self, client: str) -> Purse:
        """Return a client's purse, as the one that was used last."""
        purse = self.purses.pop(client, None) or Purse()
        self.purses[client] = purse
        if len(self.purses) > CLIENTS:
            self.purses.popitem(last=False)
        return purse


@dataclass
class Clients:
    """Tells clients apart by their addresses. A proxy is believed about its client if `proxies` contain the proxy.

    `key` is a secret: without it, nobody can trace a name in the database back to an address.
    """

    proxies: Sequence[Network] = ()
    key: str = ""
    _strangers: set[str] = field(default_factory=set)  # peers that tell a client without being believed

    def name(self, request: web.Request) -> str:
        """Return what stands for the client in the database."""
        return self.disguised(self.of(request))

    def disguised(self, address: str) -> str:
        """Return what stands for an address in the database."""
        return hmac.digest(self.key.encode(), address.encode(), sha256).hex()[:32]

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
