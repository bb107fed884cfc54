"""/privacy: what is stored, in plain words."""

from __future__ import annotations

from bot.chat.telegram.visit import Visit
from bot.services import Services


async def privacy(services: Services, visit: Visit) -> None:
    """Send the privacy notice."""
    days = services.limits.retention_days
    how_long = visit.say("privacy.days", days=days) if days else visit.say("privacy.for_ever")
    await visit.write(f"{visit.say('privacy')}\n\n{how_long}")
