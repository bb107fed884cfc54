"""/stats for admins: the last two weeks as one image."""

from __future__ import annotations

import asyncio

from bot.chat.admin.chart import chart
from bot.chat.admin.moderation import is_admin
from bot.chat.telegram.visit import Visit
from bot.services import Services
from storage.models import now

DAYS = 14


async def stats(services: Services, visit: Visit) -> None:
    """Send the chart."""
    if not is_admin(services, visit):
        if visit.private:
            await visit.reply("review.not_yours")
        return
    numbers = await services.store.statistics(now(), DAYS)
    picture = await asyncio.to_thread(chart, numbers)
    done, failed = sum(numbers.done), sum(numbers.failed)
    caption = visit.say("stats.caption", days=DAYS, done=done, failed=failed, people=numbers.people)
    await visit.send(lambda seat: visit.bot.send_photo(photo=picture, caption=caption, **seat.address))
