"""The job behind 🎬: make a film, in a process of its own, and keep it beside its picture. Knows nothing of Telegram.

Films are made where expansions are painted: by `kuotu run`, or, when that leaves the painting to others, by
`kuotu worker`. One after another in each program, so that films never hold up the engines.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol

import structlog

from bot.chain import growth
from bot.metrics import FILMS
from bot.services import Services
from inference.film.process import FilmFailed, Reel, Script, shoot
from storage.jobs.films import FilmStore
from storage.models import Expansion, Film, FilmKind, Status

log = structlog.get_logger()

ATTEMPTS = 3  # a film that took its worker down this often is not tried again
LATER = 10.0  # seconds until a delivery that the network refused is tried again


class Screen(Protocol):
    """Where people see how their films go."""

    def progressed(self, film: Film, fraction: float) -> None: ...
    async def moved(self) -> None: ...
    async def show(self, film: Film) -> bool:
        """Put a film, or that there is none, into its message; False when that must be tried again later."""


@dataclass
class FilmMaker:
    """Takes films from the store, makes them, and has them shown."""

    name: str
    services: Services
    films: FilmStore
    screen: Screen
    time_limit: float = 300.0
    beat_seconds: float = 5.0

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            shown = [await self.screen.show(film) for film in await self.films.undelivered(self.name)]
            film = await self.films.take(self.name)
            if film is None:
                await self.films.wait(None if all(shown) else LATER)
                continue
            await self.screen.moved()
            await self._work(film)

    async def _work(self, film: Film) -> None:
        """Bring one film to its end; of one that was deleted meanwhile nothing stays behind."""
        expansion, made = await self.services.store.expansion(film.expansion_id), False
        try:
            if expansion is not None and film.attempts <= ATTEMPTS:
                made = await self._make(film, expansion)
        except asyncio.CancelledError:
            await self.films.give_back(film, self.name)
            raise
        except (FilmFailed, FileNotFoundError) as error:
            log.warning("film.failed", expansion=film.expansion_id, attempt=film.attempts, reason=str(error))
        status = Status.DONE if made else Status.FAILED
        kept = await self.films.finish(film, self.name, status)
        FILMS.labels(status.value if kept else "lost").inc()
        if made and expansion and await self.services.store.expansion(film.expansion_id) is None:
            await self.services.discard([expansion.preview or ""])

    async def _make(self, film: Film, expansion: Expansion) -> bool:
        """Shoot a film and keep it beside its picture; False when there is nothing to make it from, or no wish."""
        if expansion.result is None or expansion.preview is None:
            return False
        steps = [grown.margins for grown in growth(await self.services.store.ancestry(expansion.id))]
        if not steps:
            return False
        master = await self.services.blobs.get(expansion.result.blob)
        reel = await self._shoot(film, Script(master, steps, loop=film.kind is FilmKind.LOOP))
        if reel is None or not await self.films.beat(film, self.name, 1.0):
            return False
        await self.services.blobs.put_at(film.kind.poster(expansion.preview), reel.poster)
        await self.services.blobs.put_at(film.kind.movie(expansion.preview), reel.movie)
        return True

    async def _shoot(self, film: Film, script: Script) -> Reel | None:
        """Renew the lease while it is made; None once the film is no longer ours or nobody's."""
        fraction = 0.0

        def report(reached: float) -> None:
            nonlocal fraction
            fraction = reached
            self.screen.progressed(film, reached)

        shooting = asyncio.create_task(shoot(script, report, self.time_limit))
        try:
            while True:
                await asyncio.wait({shooting}, timeout=self.beat_seconds)
                if shooting.done():
                    return shooting.result()
                if not await self.films.beat(film, self.name, fraction):
                    return None
        finally:
            shooting.cancel()
            await asyncio.wait({shooting})


def films_possible() -> bool:
    """Whether the extra `video` is installed."""
    return find_spec("av") is not None
