"""What a visitor from Telegram can do on the pages: see posts, react to them and report them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from aiohttp import web

from bot.chat.telegram.media import results_changed
from bot.chat.texts import best_language, texts
from bot.services import Services
from bot.web.body import reading
from bot.web.door import Door, id_in
from bot.web.render import HEADERS
from bot.web.reports import Reports
from storage.models import Feeling, Person, PostStatus, Reason

MOST = 100  # posts in one report
LONGEST = 8192  # bytes of a body


@dataclass(frozen=True)
class Visits:
    """Handlers of JSON requests. Each carries launch data, so nobody can act in another person's name."""

    services: Services
    door: Door
    reports: Reports

    async def seen(self, request: web.Request) -> web.Response:
        """`POST /gallery/seen {"posts": [1, 2]}`: count impressions, return the person's reactions."""
        person, body = await self._person(request), await _body(request)
        posts = body.get("posts")
        if not isinstance(posts, list) or len(posts) > MOST or not all(map(_is_id, posts)):
            raise web.HTTPBadRequest(text=f"posts must be a list of at most {MOST} ids")
        felt = await self.services.gallery.show(posts, person.id)
        language = best_language([person.language, person.language_code])
        return _json({"language": language, "feelings": {str(post): feeling for post, feeling in felt.items()}})

    async def react(self, request: web.Request) -> web.Response:
        """`POST /post/<id>/reaction {"feeling": "🤣"}`: toggle the same vote as the buttons in the chat."""
        person, body = await self._person(request), await _body(request)
        post = await self.services.gallery.post(id_in(request))
        if post is None or post.status is not PostStatus.LIVE:
            raise web.HTTPNotFound
        feeling = body.get("feeling")
        if not isinstance(feeling, str) or feeling not in list(Feeling):
            raise web.HTTPBadRequest(text=f"feeling must be one of {' '.join(Feeling)}")
        counts, own = await self.services.gallery.react(post.expansion_id, person.id, Feeling(feeling))
        await results_changed(self.services, post.expansion_id)
        return _json({"counts": counts, "own": own})

    async def report(self, request: web.Request) -> web.Response:
        """`POST /post/<id>/report/signed {"reason": "violent"}`: the same report as from the chat."""
        person, body = await self._person(request), await _body(request)
        reason = body.get("reason")
        if not isinstance(reason, str) or reason not in list(Reason):
            raise web.HTTPBadRequest(text=f"reason must be one of {', '.join(Reason)}")
        said = await self.reports.by_person(id_in(request), person.id, Reason(reason))
        say = texts(best_language([person.language, person.language_code]))
        return _json({"said": say("report.thanks" if said.first else "report.again")})

    async def _person(self, request: web.Request) -> Person:
        """Return the person who asks. Raises HTTPUnauthorized without launch data, and HTTPForbidden if banned."""
        visitor = self.door.visitor(request)
        if await self.services.moderation.banned(visitor.id):
            raise web.HTTPForbidden(text="you are banned")
        return await self.services.people.see(visitor.id, visitor.name, visitor.language_code)


async def _body(request: web.Request) -> dict[str, object]:
    if (request.content_length or LONGEST + 1) > LONGEST:
        raise web.HTTPBadRequest(text=f"the body must have at most {LONGEST} bytes")
    with reading("the body"):
        sent = await request.read()
    try:
        body = json.loads(sent)  # JSON is UTF-8 (RFC 8259), whatever charset is declared
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="the body must be a JSON object")
    return body


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**18


def _json(answer: dict[str, object]) -> web.Response:
    return web.json_response(answer, headers=HEADERS | {"Cache-Control": "no-store"})
