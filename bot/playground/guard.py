"""Access control: only this machine's own pages and programs may use the playground."""

import re
from collections.abc import Awaitable, Callable, Collection
from functools import wraps
from urllib.parse import urlsplit

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^:\[\]/@]+))(?::\d+)?")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Guard:
    """Refuses foreign Host headers (DNS rebinding) and requests from the pages of other sites."""

    def __init__(self, allowed_hosts: Collection[str] = ()) -> None:
        self._hosts = LOOPBACK | {host.lower() for host in allowed_hosts}

    def page(self, handler: Handler) -> Handler:
        """Wrap a handler that links from other sites may open: only the Host is checked."""

        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            if not self._is_ours(request.host):
                raise web.HTTPForbidden(text=f"The playground does not serve the host {request.host!r}.\n")
            return await handler(request)

        return guarded

    def api(self, handler: Handler) -> Handler:
        """Wrap a handler that only our own page and programs may call: Host and origin are checked."""

        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            origin = request.headers.get("Origin")
            foreign = origin is not None and urlsplit(origin).netloc != request.host
            if foreign or request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
                raise web.HTTPForbidden(text="The playground takes no requests from other sites.\n")
            return await handler(request)

        return self.page(guarded)

    def _is_ours(self, address: str) -> bool:
        found = HOST.fullmatch(address.lower())
        return found is not None and (found[1] or found[2]) in self._hosts
