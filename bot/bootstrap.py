"""The composition root: starts a program's parts in their order, in the roles that serve and work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import CannotRun
from bot.hosting import claim_folder, free_port, joining, this_program
from bot.jobs.expansions import Painter
from bot.jobs.films import FilmMaker
from bot.jobs.loop import Loop
from bot.jobs.presence import Presence
from bot.opening import Opened, open_services
from bot.services import Services
from bot.settings import Settings
from bot.supervisor import Supervisor
from inference.engine import EngineUnavailable
from inference.film.scratch import sweep_scratch_folders
from inference.image.memory import return_large_blocks
from inference.worker.process import OPENER
from storage.blobs import BlobsUnavailable
from storage.database import DatabaseUnavailable
from storage.jobs.queue import QueueUnavailable

if TYPE_CHECKING:
    from bot.playground import Playground


@dataclass(frozen=True)
class Kuotu:
    """A running Kuotu."""

    address: str  # of the page, or the bot's @name; a worker's own name
    services: Services
    playground: Playground | None
    supervisor: Supervisor
    loops: Sequence[Loop] = ()  # that take jobs

    async def drained(self) -> None:
        """Return when no loop takes jobs any more, because the queue is empty and they were started to drain it."""
        await asyncio.gather(*(loop.ended.wait() for loop in self.loops))

    async def finish(self) -> None:
        """Take no new job, and return when the jobs in hand have ended."""
        await asyncio.gather(*(loop.finish() for loop in self.loops))


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    work: bool = True,
    serve: bool = True,
    drain: bool = False,
    opener: str = OPENER,
    films: bool = True,
) -> AsyncIterator[Kuotu]:
    """Everything, started in order, stopped in reverse; `opener` opens engines in processes. Raises CannotRun.

    With `drain`, work ends when the queue is empty. Without `films`, it is as if PyAV were missing.
    """
    return_large_blocks()
    async with AsyncExitStack() as stack:
        try:
            claim_folder(settings.data_dir, stack)
            if serve:  # an operator need not wait for engines to hear of a mistake
                await asyncio.to_thread(free_port, settings.host, settings.port)
            opened = await open_services(settings, stack, work=work, serve=serve, opener=opener, films=films)
            yield await _start(settings, stack, opened, work=work, serve=serve, drain=drain)
        except (DatabaseUnavailable, BlobsUnavailable, QueueUnavailable, EngineUnavailable) as error:
            raise CannotRun(str(error)) from error


async def _start(
    settings: Settings, stack: AsyncExitStack, opened: Opened, *, work: bool, serve: bool, drain: bool
) -> Kuotu:
    supervisor, program = Supervisor(), this_program()
    if work:
        await asyncio.to_thread(sweep_scratch_folders)
    async with joining(settings.database, stack) as alone:
        if alone:
            await _free_what_is_held(opened)
    if not serve:
        loops = _work(settings, opened, program, supervisor, stack, drain)
        return Kuotu(f"{program}, which paints", opened.services, None, supervisor, loops)
    from bot.serving import Serving  # the chat and the web, and with them Telegram, belong to this role alone

    serving = await Serving.open(settings, opened.services, opened.inbox, supervisor, stack)
    await serving.show_jobs(program, stack)
    serving.clean(opened.sweep, stack)
    serving.share_rate(opened.news, stack)
    loops = _work(settings, opened, program, supervisor, stack, drain)
    await serving.receive(stack)
    return Kuotu(serving.address, serving.services, serving.playground, supervisor, loops)


async def _free_what_is_held(opened: Opened) -> None:
    """No other program is there, so every lease is one of a former life, and need not be waited for."""
    services = opened.services
    await opened.inbox.free()
    await services.shelf.free()
    await services.queue.rescue(every_lease=True)
    if opened.engines:
        await services.queue.open_up(services.presets)
    if services.films is not None:
        await services.films.queue.rescue(every_lease=True)


def _work(
    settings: Settings, opened: Opened, program: str, supervisor: Supervisor, stack: AsyncExitStack, drain: bool
) -> Sequence[Loop]:
    """Hear of jobs, paint, and make films where expansions are painted."""
    services, engines = opened.services, opened.engines
    supervisor.start("news", opened.news.listen, stack)
    if not engines:
        return ()
    info = services.painting
    presence = Presence(services.workers, program, info.names, info.models, len(engines), services.presets)
    supervisor.start("presence", presence.run, stack)
    loops = [Loop(f"{program}:{number}", Painter(services, engine), drain) for number, engine in enumerate(engines)]
    for number, loop in enumerate(loops):
        supervisor.start(f"engine {number}", loop.run, stack)
    if services.films is None:
        return loops
    maker = Loop(f"{program}:films", FilmMaker(services, services.films, settings.time_limit), drain)
    supervisor.start("film maker", maker.run, stack)
    return [*loops, maker]
