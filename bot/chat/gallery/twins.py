"""The same image at other sizes: the expansion that was doubled, and its doubled versions."""

from __future__ import annotations

from bot.services import Services
from storage.models import Expansion, PostStatus


async def refusal(services: Services, expansion: Expansion) -> str | None:
    """Return why an expansion cannot be published, or None: another size of it is in the gallery or was withheld."""
    for twin in [*await _smaller(services, expansion), *await _larger(services, expansion)]:
        post = await services.gallery.post_of(twin.id)
        if post is not None and post.status is not PostStatus.HIDDEN:
            return "publish.twin" if post.status is PostStatus.LIVE else "publish.withheld"
    return None


async def _smaller(services: Services, expansion: Expansion) -> list[Expansion]:
    chain = await services.store.ancestry(expansion.id)
    found: list[Expansion] = []
    while len(chain) > 1 and chain.pop().doubles:
        found.append(chain[-1])
    return found


async def _larger(services: Services, expansion: Expansion) -> list[Expansion]:
    found, twin = list[Expansion](), expansion
    while twin.result_id is not None:
        doubled = await services.store.doubling(twin.result_id, expansion.person_id)
        if doubled is None:
            break
        found.append(twin := doubled)
    return found
