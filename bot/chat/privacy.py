"""/privacy: what is kept, in plain words."""

from __future__ import annotations

from bot.chat.visit import Visit
from bot.services import Services


async def privacy(services: Services, visit: Visit) -> None:
    await visit.reply("privacy")
