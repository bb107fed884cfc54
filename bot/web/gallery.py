"""The community gallery in a browser and in Telegram's Mini App: its routes, and the wall of images."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from random import random
from typing import Any

from aiohttp import web

from bot.services import Services
from bot.thumbnails import Thumbnails
from bot.web.card import Card, shows
from bot.web.door import PAGE, Door
from bot.web.feed import Feed
from bot.web.film import Films
from bot.web.picture import Pictures
from bot.web.post import PostPage
from bot.web.rate import Clients, Network
from bot.web.render import Pages, link, send_asset, speak
from bot.web.verify import COST, VerifyPage
from bot.web.visits import Visits
from inference.marks.label import Label
from storage.gallery.listing import PERIODIC, Listing, Order, Period, Place

PAGE_SIZE = 24
PLACE = re.compile(r"(-?\d{1,12}(?:\.\d{1,24})?(?:e-\d{1,3})?),(\d{1,18})")
START = re.compile(r"0\.\d{1,24}")


def add_gallery(
    app: web.Application,
    services: Services,
    token: str,
    chat: Callable[[str], str],
    public_url: str = "",
    hosts: Collection[str] = (),
    proxies: Sequence[Network] = (),
) -> Door:
    """Serve the gallery: its pages, pictures and films, the Mini App's calls, and what programs read.

    `chat` returns the address of the chat with the bot for a /start payload. Absolute links start with `public_url`, or
    with the address that the visitor uses if it is this machine's or one of `hosts`. `proxies` are believed about whom
    they ask for.
    """
    pages = Pages(chat, public_url, hosts, services.marks.label is not Label.NONE)
    door, feed = Door(pages, token, Clients(proxies)), Feed(services, pages)
    wall, post = Wall(services, pages), PostPage(services, pages)
    films, check = Films(services), VerifyPage(services, pages)
    pictures, visits = Pictures(services, Thumbnails(services.blobs)), Visits(services, door)
    app.router.add_get("/gallery", door.page(wall.show))
    app.router.add_get("/gallery/feed.atom", door.file(feed.atom, PAGE))
    app.router.add_get("/sitemap.xml", door.file(feed.sitemap, PAGE))
    app.router.add_get("/robots.txt", door.file(feed.robots))
    app.router.add_get("/verify", door.page(check.ask))
    app.router.add_post("/verify", door.page(check.answer, COST))
    app.router.add_get("/post/{id}", door.page(post.show))
    app.router.add_get("/picture/{id}/{name}", door.file(pictures.send))
    app.router.add_get("/film/{id}/{name}", door.file(films.send, PAGE))
    app.router.add_get("/gallery/page/{version}/{name}", door.file(send_asset))
    app.router.add_post("/gallery/seen", door.file(visits.seen, PAGE))
    app.router.add_post("/post/{id}/reaction", door.file(visits.react, PAGE))
    return door


def lead_to_gallery(app: web.Application) -> None:
    """Redirect `/` to the gallery where there is no playground."""

    async def to_gallery(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/gallery")

    app.router.add_get("/", to_gallery)


@dataclass(frozen=True)
class Wall:
    """Serves `/gallery?sort=…&period=…&after=…`. The address says where the previous page ended."""

    services: Services
    pages: Pages

    async def show(self, request: web.Request) -> web.Response:
        """Send a page of the wall."""
        order, period = _one_of(Order, request.query.get("sort")), _one_of(Period, request.query.get("period"))
        order, period = order or Order.SURPRISING, period or Period.ALL
        after, start = _place(request.query.get("after")), _start(request.query.get("from"))
        listing = await self.services.gallery.some(order, period, after, PAGE_SIZE, start)
        say = speak(request)
        return self.pages.render(
            request,
            "gallery.html",
            cards=[Card.of(say, post) for post in listing.posts if shows(post)],
            order=order,
            orders=Order,
            period=period,
            periods=Period,
            periodic=PERIODIC,
            after=after,
            next=_next(request, order, period, listing, start),
        )


def _next(request: web.Request, order: Order, period: Period, listing: Listing, start: float) -> str | None:
    if listing.end is None:
        return None
    where = {
        "sort": order,
        "period": period if order in PERIODIC and period is not Period.ALL else None,
        "after": f"{listing.end.score!r},{listing.end.id}",
        "from": f"{start:.17f}" if order is Order.RANDOM else None,
        "lang": request.query.get("lang"),
    }
    return link("/gallery", where)


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
