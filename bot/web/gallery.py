"""The community gallery in a browser and in Telegram's Mini App: which address leads where."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from aiohttp import web

from bot.services import Services
from bot.thumbnails import Thumbnails
from bot.web.door import PAGE, Door
from bot.web.errors import error_pages
from bot.web.feed import Feed
from bot.web.film import Films
from bot.web.picture import Pictures
from bot.web.post import PostPage
from bot.web.rate import Allowance, Clients, Network
from bot.web.render import Pages, send_asset
from bot.web.reports import Reports, Tell
from bot.web.verify import COST, VerifyPage
from bot.web.visits import Visits
from bot.web.wall import Wall
from inference.marks.label import Label


def add_gallery(
    app: web.Application,
    services: Services,
    token: str,
    chat: Callable[[str], str],
    tell: Tell,
    public_url: str = "",
    hosts: Collection[str] = (),
    proxies: Sequence[Network] = (),
) -> Door:
    """Serve the gallery: its pages, pictures and films, the Mini App's calls, what programs read, and error pages.

    `chat` returns the address of the chat with the bot for a /start payload, and `tell` acts on a report. Absolute
    links start with `public_url`, or with the address that the visitor uses if it is this machine's or one of `hosts`.
    `proxies` are believed about whom they ask for.
    """
    labelled = services.marks.label is not Label.NONE
    pages = Pages(chat, public_url, hosts, outside=services.blobs.outside, labelled=labelled)
    app.middlewares.append(error_pages(pages))
    door, feed = Door(pages, token, Clients(proxies, token), Allowance(services.buckets)), Feed(services, pages)
    wall, post, reports = Wall(services, pages), PostPage(services, pages), Reports(services, door, tell)
    films, check = Films(services), VerifyPage(services, pages)
    pictures, visits = Pictures(services, Thumbnails(services.blobs)), Visits(services, door, reports)
    app.router.add_get("/gallery", door.page(wall.show))
    app.router.add_get("/author/{page}", door.page(wall.author))
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
    app.router.add_post("/post/{id}/report", door.page(reports.by_stranger))
    app.router.add_post("/post/{id}/report/signed", door.file(visits.report, PAGE))
    return door


def lead_to_gallery(app: web.Application) -> None:
    """Redirect `/` to the gallery where there is no playground."""

    async def to_gallery(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/gallery")

    app.router.add_get("/", to_gallery)
