"""The two jobs behind a tap: expand, then deliver. Knows nothing of Telegram."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol, Unpack

import structlog

from bot.metrics import EXPANSIONS, SECONDS
from bot.services import Services
from inference.canvas import Margins
from inference.engine import Cancelled, EngineError, Style
from inference.image.refusal import BadPhoto
from inference.safety.verdict import Level
from inference.worker.process import EngineProcess
from inference.worker.protocol import Order, Outcome
from storage.jobs.queue import Beat, Made
from storage.models import Expansion, Photo, Status

log = structlog.get_logger()


class Board(Protocol):
    """Where people see how their expansions go."""

    def progressed(self, expansion: Expansion, fraction: float) -> None: ...
    async def moved(self) -> None: ...


@dataclass
class Worker:
    """Takes expansions from the queue, one at a time, and has its engine process paint them."""

    name: str
    services: Services
    process: EngineProcess
    board: Board
    beat_seconds: float = 5.0
    _fraction: float = field(default=0.0, init=False)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            expansion = await self.services.queue.take(self.name)
            if expansion is None:
                for lost in await self.services.queue.rescue():
                    self.services.ended.put_nowait(lost)
                await self.services.queue.wait()
                continue
            await self.board.moved()
            await self._work(expansion)

    async def _work(self, expansion: Expansion) -> None:
        """Bring one expansion to its end; the queue says how often a failed try is repeated."""
        queue, number = self.services.queue, expansion.id
        try:
            outcome = await self._paint(expansion)
        except Cancelled:
            await self._finish(expansion, Status.CANCELLED)
        except (BadPhoto, FileNotFoundError) as error:
            await self._finish(expansion, Status.FAILED, error)
        except EngineError as error:
            log.warning("expansion.failed", expansion=number, attempt=expansion.attempts, reason=str(error))
            await queue.retry(number, self.name, str(error))
        except asyncio.CancelledError:
            await queue.release(number, self.name)
            raise
        else:
            await self._keep(expansion, outcome)
        self.services.ended.put_nowait(number)

    async def _paint(self, expansion: Expansion) -> Outcome:
        """Have the engine work, and renew the lease meanwhile."""
        self._fraction = 0.0

        def report(fraction: float) -> None:
            self._fraction = fraction
            self.board.progressed(expansion, fraction)

        order = await self._order(expansion)
        beating = asyncio.create_task(self._keep_lease(expansion))
        try:
            return await self.process.expand(order, report)
        finally:
            beating.cancel()
            await asyncio.wait({beating})

    async def _order(self, expansion: Expansion) -> Order:
        return Order(
            photo=await self.services.blobs.get(expansion.source.blob),
            margins=Margins(expansion.left, expansion.top, expansion.right, expansion.bottom),
            style=Style(expansion.style),
            seed=expansion.seed,
            prompt=expansion.prompt,
            beside=await self._beside(expansion),
            doubles=expansion.doubles,
        )

    async def _beside(self, expansion: Expansion) -> tuple[int, ...]:
        """Seeds of the variants of the same start that still wait: an engine may paint them in the same call."""
        if expansion.batch is None:
            return ()
        variants = await self.services.store.batch(expansion.batch)
        return tuple(variant.seed for variant in variants if variant.status is Status.WAITING)

    async def _keep(self, expansion: Expansion, outcome: Outcome) -> None:
        """Store the pictures, then the row; when that was deleted meanwhile, the pictures go, too."""
        master, thumb, preview = await asyncio.gather(
            self.services.blobs.put(outcome.master, ".png"),
            self.services.blobs.put(outcome.thumb, ".jpg"),
            self.services.blobs.put(outcome.preview, ".jpg"),
        )
        photo = Photo(
            person_id=expansion.person_id,
            blob=master,
            thumb=thumb,
            width=outcome.extent.width,
            height=outcome.extent.height,
        )
        made = Made(
            result=photo,
            preview=preview,
            seconds=outcome.seconds,
            seed=outcome.seed,
            verdict=(outcome.verdict | Level(expansion.verdict)).value,
            recipe={name: value for name, value in outcome.recipe.items() if name != "words"},
        )
        if outcome.surprise is not None:  # what is doubled surprises as it did, by what had been drawn
            made |= Made(surprise=outcome.surprise, words=[str(word) for word in outcome.recipe.get("words", [])])
        kept = await self._finish(expansion, Status.DONE, **made)
        if not kept and await self.services.store.expansion(expansion.id) is None:
            await self.services.discard([master, thumb, preview])
        SECONDS.labels(self.services.maker_of(expansion)[0]).observe(outcome.seconds)

    async def _finish(
        self, expansion: Expansion, status: Status, error: Exception | None = None, **made: Unpack[Made]
    ) -> bool:
        (engine, model), reason = self.services.maker_of(expansion), str(error) if error else None
        kept = await self.services.queue.finish(
            expansion.id, self.name, status, engine=engine, model=model, error=reason, **made
        )
        EXPANSIONS.labels(status.value if kept else "lost").inc()
        log.info("expansion.finished", expansion=expansion.id, status=status.value, kept=kept, error=reason)
        return kept

    async def _keep_lease(self, expansion: Expansion) -> None:
        """Renew the lease; told at once when somebody cancels, because the bell rings."""
        while True:
            beat = await self.services.queue.beat(expansion.id, self.name, self._fraction)
            if beat is not Beat.GO_ON:
                self.process.cancel()
                return
            await self.services.queue.wait(self.beat_seconds)
