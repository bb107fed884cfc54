"""/stats for admins: the last two weeks as one image."""

from __future__ import annotations

import asyncio

from bot.chat.admin.chart import chart
from bot.chat.admin.moderation import is_admin
from bot.chat.telegram.visit import Visit
from bot.chat.texts import Texts
from bot.services import Services
from storage.jobs.dispatch import ANY
from storage.models import Status, Worker, now

DAYS = 14
SHOWN = 8  # more lines of the caption; Telegram allows 1024 characters


async def stats(services: Services, visit: Visit) -> None:
    """Send the chart, how long the queue is, and who paints."""
    if not is_admin(services, visit):
        if visit.private:
            await visit.reply("review.not_yours")
        return
    numbers = await services.store.statistics(now(), DAYS)
    picture = await asyncio.to_thread(chart, numbers)
    done, failed = sum(numbers.done), sum(numbers.failed)
    caption = visit.say("stats.caption", days=DAYS, done=done, failed=failed, people=numbers.people)
    caption = "\n".join([caption, *await _present(services, visit)])
    await visit.send(lambda seat: visit.bot.send_photo(photo=picture, caption=caption, **seat.address))


async def _present(services: Services, visit: Visit) -> list[str]:
    """Return a line about the queue, then as many as have room: on what nobody serves, and on each worker."""
    counts, workers = await services.queue.counts(), await services.workers.alive()
    queue = visit.say(
        "stats.queue", waiting=counts[Status.WAITING], running=counts[Status.RUNNING], workers=len(workers)
    )
    unserved = [_unserved(visit.say, preset, count) for preset, count in (await services.workers.missing()).items()]
    return [queue, *[*unserved, *map(_line, workers)][:SHOWN]]


def _unserved(say: Texts, preset: str, jobs: int) -> str:
    return say("stats.nobody", jobs=jobs) if preset == ANY else say("stats.unserved", jobs=jobs, preset=preset)


def _line(worker: Worker) -> str:
    memory = f", {worker.memory / 2**20:.0f} MB" if worker.memory else ""
    return f"{worker.name}: {' '.join(filter(None, (worker.engine, worker.model)))} ×{worker.devices}{memory}"
