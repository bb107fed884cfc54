"""Credit: whose post a chain went on from, for as long as that is in the gallery."""

from __future__ import annotations

from collections.abc import Sequence

from bot.chain import growth
from bot.chat.texts import Texts
from bot.services import Services
from storage.models import Expansion, PostStatus


async def credit_lines(services: Services, say: Texts, chain: Sequence[Expansion]) -> list[str]:
    """«Step 3 of its chain», and the nearest step that somebody else made; `chain` is root first, itself last."""
    depth = len(growth(chain))
    lines = [say.html("result.step", depth=depth)] if depth > 1 else []
    other = next((step for step in reversed(chain) if step.person_id != chain[-1].person_id), None)
    post = await services.gallery.post_of(other.id) if other is not None else None
    if post is not None and post.status is PostStatus.LIVE:
        key = "credit.titled" if post.title else "credit.untitled"
        lines.append(say.html(key, title=post.title, name=post.author.name))
    return lines
