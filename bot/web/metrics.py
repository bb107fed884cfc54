"""Serves the metrics at `/metrics` to who may read them."""

from __future__ import annotations

import hmac

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

SCHEME = "Bearer "


def add_metrics(app: web.Application, token: str) -> None:
    """Serve `/metrics` for Prometheus. With a token, a request without it gets a 401 (RFC 6750)."""

    async def metrics(request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if token and not hmac.compare_digest(given, f"{SCHEME}{token}".encode()):
            return web.Response(status=401, headers={"WWW-Authenticate": SCHEME.strip()})
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app.router.add_get("/metrics", metrics)
