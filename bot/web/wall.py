"""The wall of images: the whole gallery, what a search finds, and what one author has published."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import random
from typing import Any

from aiohttp import web

from bot.chat.titles import clean_title, one_line
from bot.services import Services
from bot.web.card import Card, isolated, shows
from bot.web.render import Pages, link, speak
from bot.web.search import LONGEST, terms_of
from storage.gallery.listing import PERIODIC, Listing, Order, Period, Place
from storage.gallery.posts import EVERYTHING
from storage.gallery.search import Sought

PAGE_SIZE = 24
PLACE = re.compile(r"(-?\d{1,12}(?:\.\d{1,24})?(?:e-\d{1,3})?),(\d{1,18})")
START = re.compile(r"0\.\d{1,24}")
NAMED = re.compile(r"[0-9a-f]{16}", re.ASCII)  # the name of an author's page


@dataclass(frozen=True)
class View:
    """What the address asks for. It says where the previous page ended."""

    order: Order
    period: Period
    after: Place | None
    start: float
    query: str  # what is searched for

    @classmethod
    def of(cls, request: web.Request) -> View:
        """Read the query of an address. Raises HTTPNotFound for an impossible one."""
        asked = request.query
        return cls(
            _one_of(Order, asked.get("sort")) or Order.SURPRISING,
            _one_of(Period, asked.get("period")) or Period.ALL,
            _place(asked.get("after")),
            _start(asked.get("from")),
            one_line(asked.get("q", ""))[:LONGEST].strip(),
        )


@dataclass(frozen=True)
class Wall:
    """Serves `/gallery?q=…&sort=…&period=…&after=…`, and `/author/<page>` likewise without a search."""

    services: Services
    pages: Pages

    async def show(self, request: web.Request) -> web.Response:
        """Send a page of the wall."""
        view = View.of(request)
        sought = Sought(terms=terms_of(view.query)) if view.query else EVERYTHING
        return await self._page(request, view, sought)

    async def author(self, request: web.Request) -> web.Response:
        """Send a page of an author's wall. Raises HTTPNotFound for somebody without a live post."""
        page = request.match_info["page"]
        author = await self.services.gallery.author(page) if NAMED.fullmatch(page) else None
        if author is None or request.query.get("q"):
            raise web.HTTPNotFound
        name = clean_title(author.person.name)
        shown = isolated(name) if name else speak(request)("web.somebody")
        sought = Sought(author=author.person.id)
        return await self._page(request, View.of(request), sought, shown, author.posts)

    async def _page(
        self, request: web.Request, view: View, sought: Sought, author: str = "", count: int = 0
    ) -> web.Response:
        listing = await self.services.gallery.some(view.order, view.period, view.after, PAGE_SIZE, view.start, sought)
        say = speak(request)
        return self.pages.render(
            request,
            "gallery.html",
            author=author,
            count=count,
            cards=[Card.of(say, post) for post in listing.posts if shows(post)],
            here=request.path,
            query=view.query,
            order=view.order,
            orders=Order,
            period=view.period,
            periods=Period,
            periodic=PERIODIC,
            after=view.after,
            next=_next(request, view, listing),
        )


def _next(request: web.Request, view: View, listing: Listing) -> str | None:
    if listing.end is None:
        return None
    periodic = view.order in PERIODIC and view.period is not Period.ALL
    where = {
        "q": view.query,
        "sort": view.order,
        "period": view.period if periodic else None,
        "after": f"{listing.end.score!r},{listing.end.id}",
        "from": f"{view.start:.17f}" if view.order is Order.RANDOM else None,
        "lang": request.query.get("lang"),
    }
    return link(request.path, where)


def _one_of(kind: type[Order] | type[Period], text: str | None) -> Any:
    """Return the member with this value, or None for no value. Raises HTTPNotFound for an unknown one."""
    if text is None:
        return None
    if text not in list(kind):
        raise web.HTTPNotFound
    return kind(text)


def _place(text: str | None) -> Place | None:
    if text is None:
        return None
    found = PLACE.fullmatch(text)
    if found is None:
        raise web.HTTPNotFound
    return Place(float(found[1]), int(found[2]))


def _start(text: str | None) -> float:
    """Return where a random listing starts: the value in the address, or a random one."""
    if text is None:
        return random()
    if not START.fullmatch(text):
        raise web.HTTPNotFound
    return float(text)
