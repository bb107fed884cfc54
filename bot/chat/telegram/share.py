"""A program's share of the calls that a bot may make: those of all its programs count together."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.telegram.limiter import Limiter
from bot.clock import Clock
from storage.jobs.news import News

LOOK = 5.0  # seconds between two counts of the programs


@dataclass(frozen=True)
class Share:
    """Divides the bot's rate, in calls a second, among the programs that serve its chats."""

    rate: float
    limiter: Limiter
    news: News
    clock: Clock

    async def run(self) -> None:
        """Count the programs again and again, until cancelled."""
        while True:
            self.limiter.pace(self.rate / await self.news.fellows())
            await self.clock.sleep(LOOK)
