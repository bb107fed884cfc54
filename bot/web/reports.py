"""Reports from the pages. They reach the moderators as those from chats do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import ceil
from typing import TypeAlias

from aiohttp import web

from bot.services import Services
from bot.web.body import reading
from bot.web.door import Door, id_in
from bot.web.render import speak
from storage.buckets import Rate
from storage.gallery.moderation import Reported
from storage.models import Post, PostStatus, Reason

Tell: TypeAlias = Callable[[Post, Reported], Awaitable[None]]

HOUR = 3600
EACH = Rate(burst=5, per_second=5 / HOUR)  # reports of one visitor
STRANGERS = Rate(burst=60, per_second=60 / HOUR)  # of all strangers together, however many addresses somebody has
LONGEST = 1024  # bytes of a form


@dataclass(frozen=True)
class Reports:
    """Takes reports. `tell` is called after each, to act on it."""

    services: Services
    door: Door
    tell: Tell

    async def by_stranger(self, request: web.Request) -> web.Response:
        """`POST /post/<id>/report`, the form of a post's page: store the report of somebody whom nobody knows.

        Another site cannot send the form in a visitor's name, because browsers tell where a request comes from.
        """
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise web.HTTPForbidden(text="the form was sent by another site")
        reason, client = await _reason(request), self.door.clients.name(request)
        await self._spend(f"report:{client}", EACH)
        await self._spend("reports", STRANGERS)
        post = await self._live(id_in(request))
        first = await self.services.moderation.report_unknown(post.id, client, reason)
        if first is None:
            raise web.HTTPNotFound
        await self.tell(post, Reported(first, withheld=False))
        say = speak(request)
        return self.door.notice(request, say("report.thanks" if first else "report.again"), f"/post/{post.id}")

    async def by_person(self, post_id: int, person_id: int, reason: Reason) -> Reported:
        """Store the report of a person. Raises HTTPNotFound if the post is not live, and HTTPTooManyRequests."""
        await self._spend(f"report:person {person_id}", EACH)
        post = await self._live(post_id)
        said = await self.services.moderation.report(post.id, person_id, reason, self.services.limits.reports)
        if said is None:
            raise web.HTTPNotFound
        await self.tell(post, said)
        return said

    async def _live(self, post_id: int) -> Post:
        post = await self.services.gallery.post(post_id)
        if post is None or post.status is not PostStatus.LIVE:
            raise web.HTTPNotFound
        return post

    async def _spend(self, name: str, rate: Rate) -> None:
        if wait := await self.services.buckets.take(name, 1, rate):
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(ceil(wait))})


async def _reason(request: web.Request) -> Reason:
    """Return the reason in a form. Raises HTTPBadRequest."""
    if request.content_type != "application/x-www-form-urlencoded" or (request.content_length or LONGEST) >= LONGEST:
        raise web.HTTPBadRequest(text="the form needs a reason")
    with reading("the form"):
        reason = (await request.post()).get("reason")
    if not isinstance(reason, str) or reason not in list(Reason):
        raise web.HTTPBadRequest(text=f"the reason must be one of {', '.join(Reason)}")
    return Reason(reason)
