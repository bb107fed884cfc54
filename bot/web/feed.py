"""What programs read: an Atom feed of the newest posts, a sitemap, and robots.txt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from aiohttp import web

from bot.chat.texts import Texts
from bot.services import Services
from bot.web.card import Card, shows
from bot.web.render import HEADERS, Pages, link, speak
from storage.gallery.listing import Order, Period
from storage.models import Post

NEWEST = 30  # posts in the feed
MAPPED = 1000  # posts in the sitemap; the feed and the wall lead to the others
ATOM = "http://www.w3.org/2005/Atom"  # RFC 4287
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


@dataclass(frozen=True)
class Feed:
    """Serves `/gallery/feed.atom`, `/sitemap.xml` and `/robots.txt`."""

    services: Services
    pages: Pages

    async def atom(self, request: web.Request) -> web.Response:
        """Send the newest posts as an Atom feed in the reader's language."""
        say, origin = speak(request), self.pages.origin(request)
        posts = await self._newest(NEWEST)
        chosen = link("/gallery", {"lang": request.query.get("lang")})
        feed = Element("feed", {"xmlns": ATOM, "xml:lang": say.language})
        _texts(feed, title=f"{say('web.gallery')} · 扩图 Kuotu", id=f"{origin}/gallery", updated=_newest_of(posts))
        SubElement(feed, "link", rel="self", href=f"{origin}{request.path_qs}")
        SubElement(feed, "link", rel="alternate", type="text/html", href=f"{origin}{chosen}")
        for post in posts:
            feed.append(_entry(say, origin, post))
        return _xml(feed, "application/atom+xml")

    async def sitemap(self, request: web.Request) -> web.Response:
        """Send the addresses of the gallery and of its newest posts."""
        origin, urls = self.pages.origin(request), Element("urlset", xmlns=SITEMAP)
        _texts(SubElement(urls, "url"), loc=f"{origin}/gallery")
        for post in await self._newest(MAPPED):
            _texts(SubElement(urls, "url"), loc=f"{origin}/post/{post.id}", lastmod=post.created_at.date().isoformat())
        return _xml(urls, "application/xml")

    async def robots(self, request: web.Request) -> web.Response:
        """Send what robots may visit: the gallery and its posts, and nothing of the playground."""
        lines = (
            "User-agent: *",
            "Allow: /gallery",
            "Disallow: /gallery?q=",
            "Allow: /author/",
            "Allow: /post/",
            "Allow: /verify",
            "Allow: /picture/",
            "Allow: /film/",
            "Disallow: /",
        )
        text = "\n".join([*lines, f"Sitemap: {self.pages.origin(request)}/sitemap.xml", ""])
        return web.Response(text=text, headers=HEADERS)

    async def _newest(self, limit: int) -> list[Post]:
        listing = await self.services.gallery.some(Order.NEWEST, Period.ALL, limit=limit)
        return [post for post in listing.posts if shows(post)]


def _entry(say: Texts, origin: str, post: Post) -> Element:
    """Return the entry of a post. A picture that the safety check doubts is not in it."""
    one, address, entry = Card.of(say, post), f"{origin}/post/{post.id}", Element("entry")
    _texts(entry, title=one.heading, id=address, published=post.created_at, updated=post.created_at)
    _texts(SubElement(entry, "author"), name=post.author.name or say("web.somebody"))
    SubElement(entry, "link", rel="alternate", type="text/html", href=address)
    picture = "" if one.veiled else f'<p><a href="{address}"><img src="{origin}{one.shared}" alt=""></a></p>'
    SubElement(entry, "content", type="html").text = f"{picture}<p>{say('web.lead')}</p>"
    return entry


def _newest_of(posts: Sequence[Post]) -> datetime | str:
    return posts[0].created_at if posts else "1970-01-01T00:00:00Z"


def _texts(parent: Element, **children: str | datetime) -> None:
    for name, value in children.items():
        SubElement(parent, name).text = value.isoformat() if isinstance(value, datetime) else value


def _xml(root: Element, kind: str) -> web.Response:
    body = tostring(root, encoding="utf-8", xml_declaration=True)
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=HEADERS | {"Cache-Control": "no-cache"})
