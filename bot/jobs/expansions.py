"""Runs expansion jobs: one at a time, by an engine in its own process."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chain import painted_before
from bot.jobs.loop import Again, Ended, to_its_end
from bot.metrics import EXPANSIONS, SECONDS
from bot.pictures import Picture
from bot.services import Services
from inference.canvas import Margins
from inference.engine import SEEDS, Cancelled, EngineError, NothingFit, Report, Style
from inference.growth import Direction, scaled
from inference.image.mosaic import Mosaic
from inference.image.refusal import BadPhoto
from inference.safety.verdict import Level
from inference.worker.process import EngineProcess
from inference.worker.protocol import Order, Outcome
from storage.cleanup.notes import settle
from storage.jobs.expansions import Made, recorded
from storage.jobs.invitations import came
from storage.jobs.journey import Next, followed
from storage.jobs.queue import Queue
from storage.models import Expansion, Job, Mark, Photo, Piece, Status

log = structlog.get_logger()


@dataclass
class Painter:
    """The craft of expansion jobs: sends each request to the engine process and stores the pictures."""

    services: Services
    process: EngineProcess
    counter: Counter = EXPANSIONS

    @property
    def queue(self) -> Queue:
        """The queue of expansion jobs."""
        return self.services.queue

    @property
    def presets(self) -> Collection[str]:
        """The presets of the engines in the process."""
        return self.services.presets

    @property
    def idle(self) -> bool:
        """Whether the engine process has nothing to do."""
        return self.process.idle

    async def work(self, job: Job, report: Report) -> Ended:
        """Paint one expansion. Raises Again if the engine fails, because another attempt may succeed."""
        expansion = await self.services.store.expansion(job.subject)
        if expansion is None:
            return Ended(Status.FAILED, "the expansion was deleted")
        try:
            source = await self.services.pictures.of(expansion.source)
            outcome = await self.process.expand(await self._order(expansion, source.mosaic), report)
        except Cancelled:
            return Ended(Status.CANCELLED)
        except (BadPhoto, FileNotFoundError, NothingFit) as error:
            return Ended(Status.FAILED, str(error))
        except EngineError as error:
            raise Again(str(error)) from error
        return await to_its_end(self._keep(expansion, outcome, source))

    async def _order(self, expansion: Expansion, photo: Mosaic) -> Order:
        if expansion.chosen_engine and expansion.chosen_engine not in self.services.painting.offered:
            remedy = "name it in KUOTU_ENGINE_CHOICE of every program that paints"
            log.warning("engine.not_here", expansion=expansion.id, chosen=expansion.chosen_engine, remedy=remedy)
        return Order(
            photo=photo,
            margins=Margins(expansion.left, expansion.top, expansion.right, expansion.bottom),
            style=Style(expansion.style),
            seed=expansion.seed,
            prompt=expansion.prompt,
            beside=await self._beside(expansion),
            engine=expansion.chosen_engine,
            guests=await self._guests(expansion),
            beings=painted_before(await self.services.store.ancestry(expansion.id)),
            doubles=expansion.doubles,
            marking=self.services.marks.marking(" ".join(self.services.maker_of(expansion))),
        )

    async def _beside(self, expansion: Expansion) -> tuple[int, ...]:
        """Return the seeds of the batch's other live variants, which the engine may paint in the same call."""
        if expansion.batch is None:
            return ()
        variants = await self.services.store.batch(expansion.batch)
        return tuple(v.seed for v in variants if v.status.live and v.id != expansion.id)

    async def _guests(self, expansion: Expansion) -> dict[str, bytes]:
        """Return the cut-outs that the expansion is offered. It is painted without those whose blobs are missing."""
        found = {}
        for key in expansion.guests or ():
            try:
                found[key] = await self.services.blobs.get(key)
            except FileNotFoundError:
                log.warning("guest.missing", expansion=expansion.id, blob=key)
        return found

    async def _keep(self, expansion: Expansion, outcome: Outcome, source: Picture) -> Ended:
        """Store the pictures. The pieces of the source that belong to the master are held, and not stored again.

        The returned value records the row, or deletes the pictures if the lease was lost.
        """
        there = source.keys if outcome.growth.onto else ()
        files = [(outcome.thumb, ".jpg"), (outcome.preview, ".jpg")]
        files += [(data, ".webp") for data in outcome.growth.files]
        kept = await self.services.shelf.put(*files, there=there)
        thumb, preview, *new = kept.keys[: len(files)]
        margins = Margins(expansion.left, expansion.top, expansion.right, expansion.bottom)
        keys, master = (*there, *new), outcome.growth.of(source.mosaic, margins)
        engine, model = self.services.maker_of(expansion)
        SECONDS.labels(engine).observe(outcome.seconds)

        async def record(session: AsyncSession) -> None:
            made = _made(expansion, outcome, _pieces(keys, master), thumb, preview) | Made(engine=engine, model=model)
            await recorded(expansion.id, **made)(session)
            await came(session, expansion.id, outcome.recipe.get("visitors", ()))
            await settle(session, kept.notes)
            await session.merge(_mark(expansion, outcome))
            if expansion.following:
                await followed(expansion.id, **_next(expansion, outcome))(session)

        async def undo() -> None:
            await self.services.shelf.drop(kept)
            self.services.rounds.ring()

        return Ended(Status.DONE, record=record, undo=undo)


def _next(expansion: Expansion, outcome: Outcome) -> Next:
    """Return what the next step of a journey asks for: as much again on all sides, and other chances."""
    grown = scaled(outcome.extent, Direction(expansion.direction), expansion.scale or 1.0)
    seed = (expansion.seed + 1) % SEEDS
    return Next(left=grown.left, top=grown.top, right=grown.right, bottom=grown.bottom, seed=seed)


def _mark(expansion: Expansion, outcome: Outcome) -> Mark:
    return Mark(expansion_id=expansion.id, person_id=expansion.person_id, **vars(outcome.marks))


def _pieces(keys: Sequence[str], master: Mosaic) -> list[Piece]:
    """Return the rows of a master's pieces, which are stored under these keys."""
    placed = enumerate(zip(keys, master.places, strict=True))
    return [Piece(position=number, blob=key, left=left, top=top) for number, (key, (left, top)) in placed]


def _made(expansion: Expansion, outcome: Outcome, pieces: list[Piece], thumb: str, preview: str) -> Made:
    extent = outcome.extent
    result = Photo(
        person_id=expansion.person_id,
        blob=pieces[-1].blob,
        pieces=pieces if len(pieces) > 1 else [],
        thumb=thumb,
        width=extent.width,
        height=extent.height,
        spoiler=expansion.source.spoiler,
    )
    made = Made(
        result=result,
        preview=preview,
        seconds=outcome.seconds,
        seed=outcome.seed,
        verdict=(outcome.verdict | Level(expansion.verdict)).value,
        recipe={name: value for name, value in outcome.recipe.items() if name != "words"},
    )
    if outcome.surprise is not None:  # a doubled picture has none, and keeps the surprise and words of its source
        made |= Made(surprise=outcome.surprise, words=[str(word) for word in outcome.recipe.get("words", [])])
    return made
