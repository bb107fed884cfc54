"""Health for load balancers and supervisors.

`/healthz` says that the program is alive: restart it if there is no answer. `/readyz` says what does not work; a
restart would not help against that.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.conditions import Conditions
from bot.services import Services
from bot.settings import Settings


@dataclass(frozen=True)
class Health:
    """What the health pages say."""

    services: Services
    settings: Settings
    conditions: Conditions

    def alive(self) -> dict[str, object]:
        """Return the facts that need no database."""
        return {"ok": True, "engine": self.services.painting.names, "telegram": self.settings.on_telegram}

    async def ready(self) -> dict[str, object]:
        """Return whether everything works, what is wrong, and how many jobs wait and run."""
        wrong, counts = self.conditions.wrong, {}
        try:
            counts = {status.value: count for status, count in (await self.services.queue.counts()).items()}
        except (SQLAlchemyError, OSError) as error:
            wrong["database"] = str(error).splitlines()[0]
        return self.alive() | {"ok": not wrong, "wrong": wrong} | counts


def add_health(app: web.Application, health: Health) -> None:
    """Serve `/healthz` and `/readyz` (503 while something is wrong)."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response(health.alive())

    async def readyz(_request: web.Request) -> web.Response:
        facts = await health.ready()
        return web.json_response(facts, status=200 if facts["ok"] else 503)

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
