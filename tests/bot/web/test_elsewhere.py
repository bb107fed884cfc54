"""Browsers load pictures and films from the S3 server, by links that hold for five minutes; everybody else does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession

from bot.web.elsewhere import HOLDS, KEPT
from storage.blobs import open_blobs
from storage.models import FilmKind
from tests.support.rows import ANN
from tests.support.wall import Wall, flat, wall_in


@pytest.fixture
def outside(s3: str) -> str:
    """The address of the S3 server."""
    return parse_qs(urlsplit(s3).query)["endpoint"][0]


@pytest.fixture
async def wall(tmp_path: Path, s3: str, outside: str) -> AsyncIterator[Wall]:
    async with wall_in(tmp_path, blobs=open_blobs(s3, outside)) as wall:
        yield wall


async def led(wall: Wall, path: str, loads: str) -> tuple[int, str]:
    """Return the status of an answer to a browser that loads something, and where it leads."""
    async with ClientSession() as browser:
        address, headers = f"{wall.url}{path}", {"Sec-Fetch-Dest": loads}
        async with browser.get(address, headers=headers, allow_redirects=False) as answer:
            if answer.status == 302:
                assert answer.headers["Cache-Control"] == f"private, max-age={KEPT}"
            return answer.status, answer.headers.get("Location", "")


async def load(address: str) -> tuple[int, str, bytes]:
    async with ClientSession() as browser, browser.get(address) as answer:
        return answer.status, answer.content_type, await answer.read()


async def test_a_page_loads_pictures_and_films_from_the_store(wall: Wall, outside: str) -> None:
    post = await wall.hang(flat(900, 600))
    await wall.film(post, FilmKind.LOOP, b"film", b"poster")
    for path, loads, kind in (
        (f"/picture/{post.id}/320.webp", "image", "image/webp"),
        (f"/picture/{post.id}/1280.jpg", "image", "image/jpeg"),
        (f"/film/{post.id}/loop.mp4", "video", "video/mp4"),
        (f"/film/{post.id}/loop.jpg", "image", "image/jpeg"),
    ):
        status, address = await led(wall, path, loads)
        assert (status, address.startswith(f"{outside}/kuotu/")) == (302, True)
        assert parse_qs(urlsplit(address).query)["X-Amz-Expires"] == [f"{HOLDS:g}"]
        assert KEPT < HOLDS
        shown, shown_as, body = await load(address)
        assert (shown, shown_as) == (200, kind)
        _, _, here = await wall.get(path)
        assert here == body


async def test_the_pages_allow_the_store_and_nothing_else(wall: Wall, outside: str) -> None:
    _, headers, _ = await wall.get("/gallery")
    policy = headers["Content-Security-Policy"].split("; ")
    assert {f"img-src 'self' {outside}", f"media-src 'self' {outside}"} <= set(policy)
    assert "script-src 'self'" in policy


@pytest.mark.parametrize("loads", ["document", "empty", ""])
async def test_downloads_and_programs_get_the_bytes_here(wall: Wall, loads: str) -> None:
    post = await wall.hang(flat(900, 600))
    assert await led(wall, f"/picture/{post.id}/1280.jpg", loads) == (200, "")


async def test_nothing_leads_to_what_was_withdrawn_or_forgotten(wall: Wall) -> None:
    withdrawn, forgotten = await wall.hang(flat(900, 600)), await wall.hang(flat(600, 900))
    _, address = await led(wall, f"/picture/{forgotten.id}/320.webp", "image")
    await wall.services.gallery.unpublish(withdrawn.id, ANN)
    assert await led(wall, f"/picture/{withdrawn.id}/320.webp", "image") == (404, "")
    await wall.services.people.forget(ANN)
    assert await led(wall, f"/picture/{forgotten.id}/320.webp", "image") == (404, "")
    await wall.services.shelf.settle_lot()
    assert (await load(address))[0] == 404  # before the link has run out, too
