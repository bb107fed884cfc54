"""What programs read of the gallery: a feed, a sitemap and robots.txt; and the links around a post."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from tests.support.wall import BOB, Wall, flat, wall_in

ATOM, SITEMAP = "{http://www.w3.org/2005/Atom}", "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
async def wall(tmp_path: Path) -> AsyncIterator[Wall]:
    async with wall_in(tmp_path) as wall:
        yield wall


async def text(wall: Wall, path: str) -> str:
    status, _, body = await wall.get(path)
    assert status == 200, (status, path)
    return body.decode()


async def test_the_feed_has_the_newest_posts_first_and_no_private_picture(wall: Wall) -> None:
    await wall.make(flat(60, 40))
    posts = [await wall.hang(flat(60, 40), title) for title in ("<first> & more", "second")]
    feed = fromstring(await text(wall, "/gallery/feed.atom"))
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["“second”", "“<first> & more”"]
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [f"{wall.url}/post/{p.id}" for p in posts[::-1]]
    assert f"/picture/{posts[1].id}/1280.jpg" in (entries[0].findtext(f"{ATOM}content") or "")
    assert feed.findtext(f"{ATOM}updated") == posts[1].created_at.isoformat()
    assert (
        fromstring(await text(wall, "/gallery/feed.atom?lang=zh")).get("{http://www.w3.org/XML/1998/namespace}lang")
        == "zh"
    )
    assert 'type="application/atom+xml"' in await text(wall, "/gallery")


async def test_an_empty_gallery_has_a_valid_feed(wall: Wall) -> None:
    assert fromstring(await text(wall, "/gallery/feed.atom")).findtext(f"{ATOM}updated") == "1970-01-01T00:00:00Z"


async def test_the_sitemap_names_every_post_and_robots_find_it(wall: Wall) -> None:
    posts = [await wall.hang(flat(60, 40)) for _ in range(3)]
    places = [one.text for one in fromstring(await text(wall, "/sitemap.xml")).iter(f"{SITEMAP}loc")]
    assert places == [f"{wall.url}/gallery", *(f"{wall.url}/post/{post.id}" for post in posts[::-1])]
    robots = (await text(wall, "/robots.txt")).splitlines()
    assert f"Sitemap: {wall.url}/sitemap.xml" in robots
    assert robots.index("Allow: /gallery") < robots.index("Disallow: /")


async def test_a_post_leads_to_its_neighbours_and_to_what_goes_on_from_it(wall: Wall) -> None:
    first = await wall.make(flat(100, 50))
    source = await wall.publish(first, "source")
    hidden = await wall.hang(flat(200, 100), "hidden", author=BOB, source=first.result)
    remix = await wall.hang(flat(200, 100), "remix", author=BOB, source=first.result)
    await wall.services.gallery.unpublish(hidden.id, BOB)
    page = await text(wall, f"/post/{source.id}?lang=en")
    assert re.findall(r'rel="(prev|next)" href="([^"]+)"', page) == [("prev", f"/post/{remix.id}?lang=en")]
    part = page.partition('id="remixes"')[2].partition("</section>")[0]
    assert re.findall(r'data-post="(\d+)"', part) == [str(remix.id)]
    assert f'href="/picture/{source.id}/1280.jpg" download=' in page
    last = await text(wall, f"/post/{remix.id}")
    assert re.findall(r'rel="(prev|next)" href="([^"]+)"', last) == [("next", f"/post/{source.id}")]
    assert 'id="remixes"' not in last
