"""Runs film jobs: one at a time, in a separate process. A film is stored beside the picture of its expansion.

Films are made by the program that paints: `kuotu run`, or `kuotu worker` if `run` paints nothing. They have their own
loop, so that they never delay the engines.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from importlib.util import find_spec

from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chain import growth
from bot.jobs.loop import Ended, to_its_end
from bot.metrics import FILMS
from bot.services import Services
from inference.engine import Report
from inference.film.process import FilmFailed, Reel, Script, shoot
from storage.cleanup.notes import settle
from storage.jobs.films import FilmStore
from storage.jobs.queue import Queue
from storage.models import Expansion, FilmKind, Job, Status


@dataclass
class FilmMaker:
    """The craft of film jobs. `time_limit` is in seconds per film."""

    services: Services
    films: FilmStore
    time_limit: float = 300.0
    counter: Counter = FILMS
    presets: Collection[str] = ()  # a film needs no engine
    _shooting: bool = field(default=False, init=False)

    @property
    def queue(self) -> Queue:
        """The queue of film jobs."""
        return self.films.queue

    @property
    def idle(self) -> bool:
        """Whether no film is being made."""
        return not self._shooting

    async def work(self, job: Job, report: Report) -> Ended:
        """Make one film. A film that fails is not tried again."""
        expansion = await self.services.store.expansion(job.subject)
        try:
            script = await self._script(expansion, FilmKind(job.kind)) if expansion is not None else None
            if script is None or expansion is None or expansion.preview is None:
                return Ended(Status.FAILED, "its expansion has no picture any more")
            reel = await self._shoot(script, report)
        except (FilmFailed, FileNotFoundError) as error:
            return Ended(Status.FAILED, str(error))
        return await to_its_end(self._keep(expansion, expansion.preview, FilmKind(job.kind), reel))

    async def _script(self, expansion: Expansion, kind: FilmKind) -> Script | None:
        steps = [grown.margins for grown in growth(await self.services.store.ancestry(expansion.id))]
        if expansion.result is None or not steps:
            return None
        master = await self.services.pictures.of(expansion.result)
        return Script(master.mosaic, steps, loop=kind is FilmKind.LOOP)

    async def _shoot(self, script: Script, report: Report) -> Reel:
        self._shooting = True
        try:
            return await shoot(script, report, self.time_limit)
        finally:
            self._shooting = False

    async def _keep(self, expansion: Expansion, picture: str, kind: FilmKind, reel: Reel) -> Ended:
        """Store the film. The returned value deletes it again if the job's end cannot be recorded."""

        kept = await self.services.shelf.hold(picture)

        async def record(session: AsyncSession) -> None:
            await settle(session, kept.notes)

        async def undo() -> None:
            await self.services.shelf.drop(kept)
            self.services.rounds.ring()

        poster = await self.services.marked(reel.poster, expansion, signed=False)  # web pages show it
        await self.services.blobs.put_at(kind.poster(picture), poster)
        movie = await self.services.marked(reel.movie, expansion)
        await self.services.blobs.put_at(kind.movie(picture), movie)
        return Ended(Status.DONE, record=record, undo=undo)


def films_possible() -> bool:
    """Return whether the optional dependency `video` is installed."""
    return find_spec("av") is not None
