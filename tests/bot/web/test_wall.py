"""Searching on the pages, and the pages of authors."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest

from storage.gallery.search import Sought, Term
from tests.support.rows import withhold
from tests.support.wall import ANN, BOB, Wall, flat, wall_in


@pytest.fixture
async def wall(tmp_path: Path) -> AsyncIterator[Wall]:
    async with wall_in(tmp_path, names=("Ann <b>", "Ben", "小梅")) as wall:
        yield wall


async def text(wall: Wall, path: str) -> str:
    status, _, body = await wall.get(path)
    assert status == 200, (status, path)
    return body.decode()


def ids(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<li class="card[^>]*data-post="(\d+)"', page)]


async def page_of(wall: Wall, person: int) -> str:
    there = await wall.services.people.person(person)
    assert there is not None
    return f"/author/{there.page}"


async def test_a_search_finds_titles_and_drawn_words_in_both_languages(wall: Wall) -> None:
    cat = await wall.hang(flat(60, 40), "猫的海洋")
    duck = await wall.hang(replace(flat(60, 40), words=("rubber-duck",)), "in the bath")
    for asked, wanted in {
        "猫": [cat.id],
        "海洋": [cat.id],
        "RUBBER": [duck.id],
        "小黄鸭": [duck.id],
        "bath duck": [duck.id],
        "bath 猫": [],
        "  ": [duck.id, cat.id],
    }.items():
        page = await text(wall, f"/gallery?lang=en&sort=newest&q={quote(asked)}")
        assert ids(page) == wanted, asked
        assert ("noindex" in page) is bool(asked.strip())
    page = await text(wall, f"/gallery?lang=en&q={quote('狗')}")
    assert "Nothing with “狗” yet." in page
    assert f"q={quote('狗')}&amp;lang=zh" in page  # the other language goes on with the search


async def test_a_search_pages_on_and_keeps_its_order(wall: Wall) -> None:
    wanted = [(await wall.hang(flat(60, 40), f"猫 {n}")).id for n in range(30)]
    await wall.hang(flat(60, 40), "狗")
    seen, path = list[int](), f"/gallery?sort=newest&q={quote('猫')}"
    while path:
        page = await text(wall, path)
        seen += ids(page)
        found = re.search(r'id="more" rel="next" href="([^"]+)"', page)
        path = unescape(found[1]) if found else ""
    assert seen == wanted[::-1]
    pills = re.search(r'<nav class="orders".*?</nav>', page, re.DOTALL)
    assert pills is not None
    assert all(quote("猫") in address for address in re.findall(r'href="([^"]+)"', pills[0]))


@pytest.mark.parametrize(
    "asked", ["<script>", "%00zz", "%ff", "%", "_", "'; DROP TABLE posts;--", "猫" * 500, "a " * 99]
)
async def test_any_text_can_be_searched_for(wall: Wall, asked: str) -> None:
    await wall.hang(flat(60, 40), "title")
    page = await text(wall, f"/gallery?q={quote(asked) if '%' not in asked[:-1] else asked}")
    assert "<script>" not in page
    assert ids(page) == []


async def test_an_authors_page_says_no_more_than_their_posts(wall: Wall) -> None:
    mine = [await wall.hang(flat(60, 40), f"mine {n}") for n in range(2)]
    await wall.hang(flat(60, 40), "other", author=BOB)
    secret = await wall.hang(flat(60, 40), "secret")
    await wall.services.gallery.unpublish(secret.id, ANN)
    address = await page_of(wall, ANN)
    assert f'<a href="{address}?lang=en">by \u2068Ann &lt;b&gt;\u2069</a>' in await text(
        wall, f"/post/{mine[0].id}?lang=en"
    )
    page = await text(wall, f"{address}?lang=en&sort=newest")
    assert ids(page) == [post.id for post in mine[::-1]]
    assert "<h1><bdi>\u2068Ann &lt;b&gt;\u2069</bdi></h1>" in page
    assert "2 pictures in the gallery." in page
    assert not {"secret", "other"} & set(re.findall(r"\w+", page))
    assert f'href="{address}?sort=top&amp;lang=en"' in page


@pytest.mark.parametrize("how", ["hidden", "withheld", "forgotten", "never", "forged"])
async def test_nobody_without_a_shown_post_has_a_page(wall: Wall, how: str) -> None:
    post, address = await wall.hang(flat(60, 40)), await page_of(wall, ANN)
    assert (await wall.get(address))[0] == 200
    if how == "hidden":
        await wall.services.gallery.unpublish(post.id, ANN)
    elif how == "withheld":
        await withhold(wall.services.moderation, post.id, BOB)
    elif how == "forgotten":
        await wall.services.people.forget(ANN)
    elif how == "never":
        address = await page_of(wall, BOB)
    else:
        address = f"/author/{ANN}"
    assert (await wall.get(address))[0] == 404


def test_a_term_names_the_words_that_contain_it() -> None:
    from bot.web.search import terms_of

    assert terms_of("  Rubber 猫  ") == (Term("rubber", ("rubber-duck",)), Term("猫", terms_of("猫")[0].words))
    assert len(terms_of("a b c d e f g")) == 5
    assert Sought().conditions() == []
