"""The page of one post: the image, what it was before, who made it and how, and people's reactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from babel.dates import format_date

from bot.chain import growth
from bot.chat.cards.lines import anonymous_counts, authors_in, drawn, guests_of
from bot.chat.cards.links import payload, recipe_payload
from bot.chat.cards.widgets import described
from bot.services import Services
from bot.web.card import Card, shows
from bot.web.door import id_in
from bot.web.film import films_of
from bot.web.render import Pages, speak
from storage.gallery.listing import Order, Period
from storage.gallery.votes import COLUMNS
from storage.models import Expansion, Feeling, Post, PostStatus, Reason

STEPS = 8  # most steps of a chain that are shown; page/post.css has a rule for each
OTHERS = 9  # more posts below the image


@dataclass(frozen=True)
class Step:
    """Where a step of a chain lies in the image, in its pixels. Number 0 is the first photo."""

    number: int
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class PostPage:
    """Serves `/post/<id>`."""

    services: Services
    pages: Pages

    async def show(self, request: web.Request) -> web.Response:
        """Send the page of a live post. Raises HTTPNotFound for any other."""
        post = await self.services.gallery.post(id_in(request))
        if post is None or post.status is not PostStatus.LIVE or not shows(post):
            raise web.HTTPNotFound
        chain = await self.services.store.ancestry(post.expansion_id)
        others = await self.services.gallery.some(Order.SURPRISING, Period.ALL, limit=OTHERS + 1)
        around = await self.services.gallery.neighbours(post)
        counts = await self.services.gallery.counts(post.expansion_id)
        say, source = speak(request), await self._source(chain)
        one = Card.of(say, post)
        language = "zh_CN" if say.language == "zh" else say.language
        return self.pages.render(
            request,
            "post.html",
            one=one,
            author=post.author.page,
            reasons=Reason,
            picture_of=say("web.picture", title=one.heading, by=one.by),
            steps=some_of(steps_of(chain)),
            depth=len(growth(chain)),
            source=Card.of(say, source) if source is not None else None,
            summary=described(say, post.expansion),
            drawn=drawn(say, post.expansion),
            guests=guests_of(say, chain, await authors_in(self.services, chain)),
            anonymous=await anonymous_counts(self.services, post.expansion_id),
            created=post.created_at,
            date=format_date(post.created_at, "long", language),
            impressions=post.impressions,
            films=await films_of(self.services, post),
            opens=self.pages.chat(payload(post.id)),
            recipe=self.pages.chat(recipe_payload(post.id)),
            uses=await self.services.recipes.uses(post.id),
            around=around,
            remixes=[Card.of(say, remix) for remix in around.remixes if shows(remix)],
            feelings=[(f.value, COLUMNS[f], counts[f]) for f in Feeling],
            cards=[Card.of(say, other) for other in others.posts if shows(other) and other.id != post.id][:OTHERS],
        )

    async def _source(self, chain: Sequence[Expansion]) -> Post | None:
        """Return the newest live post among the earlier steps of a chain. The page credits its author."""
        for step in reversed(chain[:-1]):
            post = await self.services.gallery.post_of(step.id)
            if post is not None and post.status is PostStatus.LIVE and shows(post):
                return post
        return None


def steps_of(chain: Sequence[Expansion]) -> list[Step]:
    """Return where each source of a chain lies in the last result, first photo first.

    The published image contains the pixels of every source, so showing them reveals nothing else.
    """
    steps: list[Step] = []
    left = top = 0
    for number, grown in reversed(list(enumerate(growth(chain)))):
        source, zoom = grown.step.source, grown.zoom
        left, top = left + grown.margins.left, top + grown.margins.top
        steps.insert(0, Step(number, left, top, zoom * source.width, zoom * source.height))
    return steps


def some_of(steps: list[Step]) -> list[Step]:
    """Return at most STEPS of them: the first ones and the last."""
    return steps if len(steps) <= STEPS else [*steps[: STEPS - 1], steps[-1]]
