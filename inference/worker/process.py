"""An engine in a separate process, which carries out one order at a time. This side cancels and supervises it.

A crash, a hang or exhausted memory in that process fails one order here and starts a new process. The parent needs no
thread and does not poll, because the frames on a pipe tell it everything. The other side is
`inference/worker/child.py`.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Final

from inference.engine import Cancelled, EngineError, EngineUnavailable, NothingFit, Report
from inference.image.refusal import BadPhoto
from inference.worker.checks import Checks
from inference.worker.pipe import Link
from inference.worker.protocol import (
    Cancel,
    EngineInfo,
    Expand,
    Failed,
    LogLine,
    Message,
    Order,
    Outcome,
    Progress,
    Refused,
    Unavailable,
    decode,
    encode,
)

OPENER: Final = "inference.registry:open_engine"

_log = logging.getLogger(__name__)


class EngineProcess:
    """One long-lived process that carries out orders one after another. One job uses one core.

    `engine` and `offer` are the texts of KUOTU_ENGINE and KUOTU_ENGINE_CHOICE; `opener` names the function that opens
    each engine there, as module:function of (EngineName, model, guests). The limits are in seconds: `time_limit` for an
    order, `start_limit` to open and warm up, and `grace` for an order to stop after it is cancelled.
    """

    def __init__(
        self,
        engine: str,
        model: str = "",
        *,
        offer: str = "",
        guests: str = "",
        time_limit: float = 300.0,
        start_limit: float = 600.0,
        grace: float = 2.0,
        opener: str = OPENER,
        checks: Checks | None = None,
    ) -> None:
        self.info: EngineInfo | None = None
        chosen = (opener, engine, offer, model, guests, (checks or Checks()).to_json())
        self._command = (sys.executable, "-m", "inference.worker.child", *chosen)
        self._time_limit, self._start_limit, self._grace = time_limit, start_limit, grace
        self._opening: asyncio.Task[Link] | None = None  # when it is done, the process accepts the next order
        self._running: asyncio.Task[Outcome] | None = None
        self._busy: Link | None = None
        self._number = 0  # the number of the current order, or of the last one
        self._cancelled = self._closed = False

    @property
    def idle(self) -> bool:
        """Whether no order is being carried out."""
        return self._running is None or self._running.done()

    async def start(self) -> EngineInfo:
        """Open the engine and warm it up, unless that has been done. Raises EngineUnavailable with the remedy."""
        await self._ready()
        assert self.info
        return self.info

    async def expand(self, order: Order, report: Report) -> Outcome:
        """Carry out one order; a second call waits for the first.

        If `report` raises Cancelled, that acts like `cancel()`.

        Raises Cancelled after `cancel()`, BadPhoto when the file is not a usable photo, and EngineError for any other
        failure. After a crash, a hang or exhausted memory, a new process is opened at once for the next order.
        """
        while self._running and not self._running.done():
            await asyncio.wait({self._running})
        self._cancelled = False
        self._running = asyncio.create_task(self._run(order, report))
        self._running.add_done_callback(lambda run: run.cancelled() or run.exception())  # a cancelled caller never asks
        try:
            return await asyncio.shield(self._running)
        except asyncio.CancelledError:
            if self._running.cancelled():  # cancel() was called before the order had begun
                raise Cancelled from None
            self.cancel()
            await asyncio.wait({self._running})
            raise

    def cancel(self) -> None:
        """Ask the engine to stop its order at its next report; the process is killed when the grace has passed."""
        if self._running is None or self._running.done() or self._cancelled:
            return
        self._cancelled = True
        if self._busy:
            self._busy.post(encode(Cancel(self._number)))
            asyncio.get_running_loop().call_later(self._grace, self._end_if_still_at, self._number)
        else:
            self._running.cancel()

    async def close(self) -> None:
        """End the process. An order that is being carried out fails with EngineError."""
        self._closed = True
        if self._busy:
            self._busy.kill()
        if self._opening and not self._opening.done():
            self._opening.cancel()
        if unfinished := {task for task in (self._opening, self._running) if task}:
            await asyncio.wait(unfinished)
        if self._opening and not self._opening.cancelled() and not self._opening.exception():
            await self._opening.result().end()

    async def _ready(self) -> Link:
        if self._closed:
            raise EngineUnavailable("the engine process was closed")
        if self._opening is None or (self._opening.done() and not _alive(self._opening)):
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    async def _open(self) -> Link:
        link = await Link.spawn(*self._command)
        try:
            async with asyncio.timeout(self._start_limit):
                self.info = _info(await _next(link))
        except TimeoutError:
            await link.end()
            raise EngineUnavailable(f"the engine did not open within {self._start_limit:g} s") from None
        except EOFError:
            raise EngineUnavailable(f"the engine process {await link.end()} while opening") from None
        except BaseException:
            await link.end()
            raise
        return link

    async def _run(self, order: Order, report: Report) -> Outcome:
        try:
            link = await self._ready()
        except EngineUnavailable as error:
            raise EngineError(str(error)) from error
        except asyncio.CancelledError:
            raise Cancelled from None
        self._busy = link
        self._number += 1
        try:
            async with asyncio.timeout(self._time_limit):
                return await self._converse(link, order, report)
        except (Cancelled, BadPhoto, EngineError):
            raise
        except Exception as error:
            ended = await self._replace(link)
            if self._cancelled:
                raise Cancelled from None
            if isinstance(error, TimeoutError):
                raise EngineError(f"no result within {self._time_limit:g} s") from None
            if isinstance(error, EOFError | OSError):
                raise EngineError(f"the engine process {ended}") from None
            raise
        finally:
            self._busy = None

    async def _converse(self, link: Link, order: Order, report: Report) -> Outcome:
        """Send the order, and pass its progress on until the final message arrives."""
        link.post(encode(Expand(self._number, order)))
        while isinstance(message := await _next(link), Progress):
            self._pass_on(message.fraction, report)
        if isinstance(message, Failed) and message.exhausted:
            await self._replace(link)
        if self._cancelled:
            raise Cancelled
        return _outcome(message)

    def _pass_on(self, fraction: float, report: Report) -> None:
        try:
            report(fraction)
        except Cancelled:
            self.cancel()

    def _end_if_still_at(self, number: int) -> None:
        if self._busy and self._number == number:
            _log.warning("the engine did not leave order %d within %g s", number, self._grace)
            self._busy.kill()

    async def _replace(self, link: Link) -> str:
        ended = await link.end()
        if not self._closed:
            self._opening = asyncio.create_task(self._open())
        return ended


def _alive(opening: asyncio.Task[Link]) -> bool:
    return not opening.cancelled() and not opening.exception() and opening.result().alive


async def _next(link: Link) -> Message:
    """Return the next message that is not a log line; log lines go to this process's log."""
    while isinstance(message := decode(await link.receive()), LogLine):
        logging.getLogger(message.name).log(message.level, "%s", message.text)
    return message


def _info(message: Message) -> EngineInfo:
    """Return the engine information from the first message of a process. Raises EngineUnavailable with the remedy."""
    match message:
        case EngineInfo():
            return message
        case Unavailable(text, traceback):
            _log_traceback(traceback)
            raise EngineUnavailable(text)
    raise EngineUnavailable(f"the engine process opened with {message}")


def _outcome(message: Message) -> Outcome:
    """Return the result of an order. Raises BadPhoto, NothingFit or another EngineError."""
    match message:
        case Outcome():
            _log.info("seed %d, %s: %s", message.seed, message.verdict, message.reason)
            return message
        case Refused(reason, found, limit):
            raise BadPhoto(reason, found, limit)
        case Failed(text, traceback, unfit=unfit):
            _log_traceback(traceback)
            raise NothingFit(text) if unfit else EngineError(text)
    raise EngineError(f"the engine process ended an order with {message}")


def _log_traceback(traceback: str) -> None:
    if traceback:
        _log.error("in the engine process:\n%s", traceback)
