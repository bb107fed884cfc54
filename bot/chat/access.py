"""Access checks: which expansions and posts a person's tap may use."""

from __future__ import annotations

from bot.chat.telegram.visit import Visit
from bot.services import Services
from storage.models import Expansion, Post, PostStatus, Status


async def finished(services: Services, visit: Visit, expansion_id: int, *, anyone: bool = False) -> Expansion | None:
    """Return the visitor's own finished expansion, or with `anyone` any of this chat.

    Otherwise return None and tell the visitor why.
    """
    expansion = await services.store.expansion(expansion_id)
    if expansion is None or expansion.status is not Status.DONE:
        await visit.toast("tap.gone")
    elif expansion.person_id != visit.person.id and not (anyone and expansion.chat_id == visit.chat.id):
        await visit.toast("result.not_yours")
    else:
        return expansion
    return None


async def live(services: Services, post_id: int) -> Post | None:
    """Return a post if it is live."""
    post = await services.gallery.post(post_id)
    return post if post is not None and post.status is PostStatus.LIVE else None
