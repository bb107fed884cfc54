"""Where there is nothing, or something broke, a browser gets a page with a way home, and a program one line of text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web
from structlog.testing import capture_logs

from bot.web.errors import error_pages
from bot.web.render import Pages
from tests.support.wall import Wall, wall_in

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
PICTURE = "image/avif,image/webp,image/*,*/*;q=0.8"
SAID = {
    "en": {404: "There is nothing at this address.", 405: "That doesn", 429: "One moment", 500: "Something went wrong"},
    "zh": {404: "这个网址下什么都没有。", 405: "这个网址不能这样用。", 429: "慢一点", 500: "我们这边出了点问题"},
}


@pytest.fixture(scope="module")
async def wall(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wall]:
    async with wall_in(tmp_path_factory.mktemp("wall")) as wall:
        yield wall


@asynccontextmanager
async def broken() -> AsyncIterator[str]:
    """Run a site on which everything goes wrong. Yields its address."""

    async def fails(_request: web.Request) -> web.Response:
        raise ZeroDivisionError("a secret of the program")

    async def is_busy(_request: web.Request) -> web.Response:
        raise web.HTTPTooManyRequests(headers={"Retry-After": "7"})

    app = web.Application(middlewares=[error_pages(Pages(lambda payload: f"/{payload}"))])
    app.router.add_get("/500", fails)
    app.router.add_get("/429", is_busy)
    app.router.add_get("/picture/{name}", fails)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("accept", [BROWSER, "*/*"], ids=["browser", "anything"])
async def test_an_unknown_address_is_a_page_with_a_way_home(wall: Wall, language: str, accept: str) -> None:
    for path in ("/nowhere", "/gallery/nothing", "/post", "/galery?sort=hot"):
        status, headers, body = await wall.get(path, **{"Accept": accept, "Accept-Language": language})
        page = body.decode()
        assert (status, headers["Content-Type"]) == (404, "text/html; charset=utf-8")
        assert SAID[language][404] in page
        assert 'class="call" href="/gallery"' in page
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("language", SAID)
async def test_the_wrong_method_is_a_page_that_names_the_right_ones(wall: Wall, language: str) -> None:
    headers = {"Accept": BROWSER, "Accept-Language": language}
    async with wall.client.post(f"{wall.url}/gallery", headers=headers) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")
        assert SAID[language][405] in await answer.text()


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("status", [429, 500])
async def test_what_goes_wrong_is_a_page_without_a_traceback(language: str, status: int) -> None:
    headers = {"Accept": BROWSER, "Accept-Language": language}
    async with broken() as url, ClientSession(url, headers=headers) as client:
        with capture_logs() as lines:
            async with client.get(f"/{status}") as answer:
                page = await answer.text()
    assert (answer.status, answer.content_type) == (status, "text/html")
    assert SAID[language][status] in page
    assert "secret" not in page
    assert answer.headers.get("Retry-After") == ("7" if status == 429 else None)
    assert [(line["event"], line["path"]) for line in lines] == [("web.failed", "/500")] * (status == 500)


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        pytest.param("/picture/1/nothing", BROWSER, id="file"),
        pytest.param("/bot12:abc/getMe", BROWSER, id="bot-api"),
        pytest.param("/telegram", "*/*", id="webhook"),
        pytest.param("/nothing.xml", BROWSER, id="xml"),
        pytest.param("/nowhere", "application/json", id="asks-for-json"),
        pytest.param("/nowhere", PICTURE, id="asks-for-a-picture"),
    ],
)
async def test_programs_read_one_line(wall: Wall, path: str, accept: str) -> None:
    status, headers, body = await wall.get(path, Accept=accept)
    assert (status, headers["Content-Type"].partition(";")[0]) == (404, "text/plain")
    assert b"<" not in body


async def test_what_breaks_for_a_program_is_one_line() -> None:
    async with broken() as url, ClientSession(url) as client:
        for path, accept in (("/500", "application/json"), ("/picture/1", "*/*")):
            async with client.get(path, headers={"Accept": accept}) as answer:
                said = await answer.text()
            assert (answer.status, answer.content_type) == (500, "text/plain")
            assert "secret" not in said
