"""The gallery over HTTP: public posts have previews and metadata, and private pictures cannot be reached."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from PIL import Image
from sqlalchemy import update

from bot.chat.cards.gallery import gallery_caption
from bot.chat.texts import texts
from bot.thumbnails import SHARED, SIZES, WEBP, shrink
from bot.web.post import some_of, steps_of
from bot.web.render import asset
from storage.database import transactions
from storage.models import Expansion, Feeling, FilmKind, Post
from tests.support.launch import MEI, signed
from tests.support.rows import withhold
from tests.support.wall import ANN, BOB, TOKEN, Wall, flat, wall_in

NOW = 1_800_000_000.0
LAUGH, LOVE = Feeling.LAUGHING, Feeling.LOVING


@pytest.fixture(scope="module")
async def wall(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wall]:
    """The wall of all tests that look at their own posts, or at post 1, which is there from the start."""
    async with wall_in(tmp_path_factory.mktemp("wall"), hosts=("box.lan",)) as wall:
        wall.door.clock = lambda: NOW
        wall.ration(1e9)
        await wall.hang(flat(60, 40))
        yield wall


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[Wall]:
    """An empty wall for one test, which looks at everything there or changes what happens to others' posts."""
    async with wall_in(tmp_path) as wall:
        wall.door.clock = lambda: NOW
        yield wall


def launch(person: int = 3, **more: Any) -> str:
    """Return launch data signed for this wall's bot."""
    return signed(TOKEN, user=json.dumps(MEI | {"id": person} | more))


async def text(wall: Wall, path: str, **headers: str) -> str:
    status, _, body = await wall.get(path, **headers)
    assert status == 200, (status, path)
    return body.decode()


def ids(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<li class="card[^>]*data-post="(\d+)"', page)]


# pages and their content


async def test_an_empty_wall_says_so(alone: Wall) -> None:
    assert "Nothing here yet. Be the first!" in await text(alone, "/gallery")


async def test_paging_by_key_shows_everything_once(alone: Wall) -> None:
    posts = [(await alone.hang(flat(60, 40), f"title {n}", prior=n % 5 / 5)).id for n in range(55)]
    for sort in ("surprising", "hot", "top", "newest", "random"):
        seen, path = list[int](), f"/gallery?sort={sort}"
        while path:
            page = await text(alone, path)
            seen += ids(page)
            found = re.search(r'id="more" rel="next" href="([^"]+)"', page)
            path = found[1].replace("&amp;", "&") if found else ""
            assert "OFFSET" not in path.upper()
        assert sorted(seen) == posts, sort
        assert sort != "newest" or seen == posts[::-1]


async def test_the_most_surprising_come_first_and_periods_hold(alone: Wall) -> None:
    posts = [await alone.hang(flat(60, 40), prior=prior) for prior in (0.2, 0.9, 0.5)]
    await alone.feel(posts[0], "🤣" * 6)
    for path in ("/gallery?period=day", "/gallery?sort=surprising&period=week", "/gallery"):
        assert ids(await text(alone, path)) == [posts[1].id, posts[0].id, posts[2].id]
    assert ids(await text(alone, "/gallery?sort=top&period=day"))[0] == posts[0].id


async def test_a_post_says_everything_and_unfolds(wall: Wall) -> None:
    first = await wall.make(flat(200, 100))
    source = await wall.publish(first, "first")
    post = await wall.hang(flat(400, 200), "A & <b>", author=BOB, source=first.result)
    await wall.feel(post, "🤣🤣😍")
    page = await text(wall, f"/post/{post.id}")
    host = wall.url.removeprefix("http://")
    assert f'<meta property="og:image" content="http://{host}/picture/{post.id}/1280.jpg">' in page
    assert '<meta property="og:title" content="“A &amp; &lt;b&gt;”">' in page
    assert '<meta name="twitter:card" content="summary_large_image">' in page
    assert f'<link rel="canonical" href="http://{host}/post/{post.id}">' in page
    assert f'href="/post/{source.id}"' in page
    assert "\u2068Ben\u2069" in page
    assert re.search(r'data-feeling="🤣".*<span>2</span>', page)
    assert "seen by" in page.lower()
    assert "3 people" in page
    assert "M100 50h200v100h-200Z" in page  # the outline of its source


async def test_a_post_that_nobody_saw_counts_nobody(wall: Wall) -> None:
    post = await wall.hang(flat(60, 40))
    assert "Seen by" not in await text(wall, f"/post/{post.id}")
    assert "seen by" not in await gallery_caption(wall.services, texts("en"), post)
    await wall.feel(post, "🤣")
    assert "one person" in await text(wall, f"/post/{post.id}")
    seen = await wall.services.gallery.post(post.id)
    assert seen is not None
    assert "seen by 1 person" in await gallery_caption(wall.services, texts("en"), seen)


async def test_a_post_tells_what_was_drawn_in_the_readers_language(wall: Wall) -> None:
    post = await wall.hang(replace(flat(60, 40), words=("rubber-duck", "kites")))
    plain = await wall.hang(flat(60, 40))
    english, chinese = [await text(wall, f"/post/{post.id}?lang={language}") for language in ("en", "zh")]
    assert "<dt>Twist</dt><dd>a giant yellow rubber duck and dragon-shaped kites on long strings</dd>" in english
    assert "<dt>惊喜元素</dt><dd>一只巨大的小黄鸭和长线牵着的龙形风筝</dd>" in chinese
    assert "Twist" not in await text(wall, f"/post/{plain.id}?lang=en")


@pytest.mark.parametrize(("language", "words"), [("en", "too few people have seen it"), ("zh", "看过的人还不多")])
async def test_what_is_new_says_what_that_means(wall: Wall, language: str, words: str) -> None:
    post = await wall.hang(flat(60, 40))
    page, gallery = [await text(wall, f"{path}?lang={language}") for path in (f"/post/{post.id}", "/gallery")]
    assert re.search(f'title="[^"]*{words}[^"]*">🆕</b><span>[^<]*{words}', page)
    assert re.search(
        f'class="index" role="img" aria-label="[^"]*{words}[^"]*" title="[^"]*{words}[^"]*">🆕</span>', gallery
    )
    assert re.search(f'<p class="legend">🌡[^<]*100[^<]*🆕[^<]*{words}', gallery)


async def test_a_post_credits_the_guests_of_every_step(wall: Wall) -> None:
    post = await wall.hang(flat(60, 40))
    async with transactions(wall.database).write() as session:
        recipe = {"credits": ["a moose by Ryan <Hagerty>", "a panda by X"]}
        await session.execute(update(Expansion).where(Expansion.id == post.expansion_id).values(recipe=recipe))
    page = await text(wall, f"/post/{post.id}?lang=en")
    assert "<dt>Guests</dt><dd><bdi>a moose by Ryan &lt;Hagerty&gt; and a panda by X</bdi></dd>" in page


async def test_a_post_tells_what_was_felt_in_channels_apart_from_the_votes(wall: Wall) -> None:
    post, other = await wall.hang(flat(60, 40)), await wall.hang(flat(60, 40))
    await wall.services.anonymous.put(-100, 7, post.expansion_id, {"👍": 12, "🤣": 3})
    page = await text(wall, f"/post/{post.id}?lang=en")
    assert "<dt>In channels</dt><dd>👍 12 · 🤣 3</dd>" in page
    assert 'data-feeling="🤣" aria-label="Hilarious: 0"' in page
    assert "In channels" not in await text(wall, f"/post/{other.id}?lang=en")


async def test_links_unfold_at_the_public_address(tmp_path: Path) -> None:
    async with wall_in(tmp_path, public_url="https://kuotu.example/") as wall:
        post = await wall.hang(flat(60, 40))
        assert f'content="https://kuotu.example/picture/{post.id}/1280.jpg"' in await text(wall, f"/post/{post.id}")


@pytest.mark.parametrize(
    ("host", "start"),
    [
        pytest.param("localhost:99", "http://localhost:99", id="this-machine"),
        pytest.param("[::1]", "http://[::1]", id="this-machine-in-ipv6"),
        pytest.param("Box.lan", "http://Box.lan", id="named"),
        pytest.param("evil.example", "", id="foreign"),
        pytest.param("127.0.0.1.evil.example", "", id="begins-like-ours"),
        pytest.param("evil.example@localhost", "", id="with-a-user"),
        pytest.param("localhost/evil", "", id="with-a-path"),
        pytest.param("6.6.6.6", "", id="foreign-address"),
        pytest.param("localhost:evil", "", id="no-port"),
        pytest.param('"><script>', "", id="markup"),
    ],
)
async def test_a_foreign_host_is_never_a_canonical_address(wall: Wall, host: str, start: str) -> None:
    _, _, body = await wall.get("/post/1?lang=en", Host=host)
    page = body.decode()
    assert f'<link rel="canonical" href="{start}/post/1">' in page
    assert f'<meta property="og:image" content="{start}/picture/1/1280.jpg">' in page
    assert "evil" not in page
    assert "6.6.6.6" not in page


STRANGE = ["%ff", "%ed%a0%80", "9" * 30, "-1", "1e999", "%00", "%u1234", "٣", "9223372036854775808", "1,2,3"]


@pytest.mark.parametrize("strange", STRANGE)
async def test_strange_text_in_an_address_is_answered(wall: Wall, strange: str) -> None:
    paths = [f"/gallery?{name}={strange}" for name in ("sort", "period", "after", "from", "lang")]
    paths += [f"/post/{strange}", f"/picture/{strange}/320.webp", f"/picture/1/{strange}", f"/film/1/{strange}"]
    paths += [f"/gallery/page/{strange}/{strange}", f"/gallery?lang={strange}&sort=random"]
    headers = dict.fromkeys(("Accept-Language", "If-None-Match", "Range", "If-Range", "X-Forwarded-For"), "�")
    for path in paths:
        for more in ({}, headers):
            assert (await wall.get(path, **more))[0] in (200, 400, 404, 416), path


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        pytest.param(b'{"posts": [1]}', "application/json; charset=klingon", 200, id="unknown-charset"),
        pytest.param(b'{"posts": ["\\ud800"]}', "application/json", 400, id="surrogate"),
        pytest.param(b'{"posts": [9223372036854775808]}', "application/json", 400, id="64-bits"),
        pytest.param(b'{"posts": [' + b"9" * 5000 + b"]}", "application/json", 400, id="5000-digits"),
        pytest.param(b'{"posts": \xff}', "application/json", 400, id="no-utf-8"),
        pytest.param(b"[" * 8000, "application/json", 400, id="deep"),
        pytest.param(b'{"posts": [1e400]}', "application/json", 400, id="infinite"),
    ],
)
async def test_a_strange_body_is_answered(wall: Wall, body: bytes, kind: str, status: int) -> None:
    headers = {"Authorization": f"tma {launch()}", "Content-Type": kind}
    async with wall.client.post(f"{wall.url}/gallery/seen", data=body, headers=headers) as answer:
        assert answer.status == status


@pytest.mark.parametrize(
    ("asked", "path", "language"),
    [
        ("", "/gallery", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "/gallery", "zh"),
        ("en;q=0.2, zh-TW;q=0.7", "/gallery", "zh"),
        ("fr, de;q=x, zh;q=0", "/gallery", "en"),
        ("zh", "/gallery?lang=en", "en"),
        ("en", "/gallery?lang=zh", "zh"),
        ("en", "/gallery?lang=klingon", "en"),
    ],
)
async def test_it_speaks_the_language_asked_for(wall: Wall, asked: str, path: str, language: str) -> None:
    status, headers, body = await wall.get(path, **{"Accept-Language": asked})
    assert (status, headers["Content-Language"]) == (200, language)
    assert ("画廊" in body.decode()) is (language == "zh")
    assert "web." not in re.sub(r"<[^>]*>", "", body.decode())


# pictures under a spoiler


async def test_what_the_check_is_unsure_of_is_veiled_and_does_not_unfold(alone: Wall) -> None:
    open_post = await alone.hang(flat(60, 40), prior=0.1)
    made = await alone.make(flat(400, 200))
    async with transactions(alone.database).write() as session:
        await session.execute(update(Expansion).where(Expansion.id == made.id).values(verdict="unsure"))
    post = await alone.publish(made, "bare", 0.9)
    page, gallery = await text(alone, f"/post/{post.id}"), await text(alone, "/gallery")
    assert "og:image" not in page
    assert "twitter:image" not in page
    assert '<input type="checkbox" id="unveil">' in page
    assert f"/picture/{open_post.id}/1280.jpg" in gallery
    assert f"/picture/{post.id}/1280.jpg" not in gallery
    assert gallery.count("frame veiled") == 1
    assert "unveil" not in await text(alone, f"/post/{open_post.id}")


# films


MOVIE, POSTER = bytes(range(256)) * 40, b"\xff\xd8 poster"


async def filmed(wall: Wall, *kinds: FilmKind) -> Post:
    post = await wall.hang(flat(400, 200), "moving")
    for kind in kinds:
        await wall.film(post, kind, MOVIE, POSTER)
    return post


async def test_a_page_shows_the_films_that_are_there_and_no_others(wall: Wall) -> None:
    post = await filmed(wall, FilmKind.LOOP)
    host, page = wall.url.removeprefix("http://"), await text(wall, f"/post/{post.id}")
    assert re.findall(r"<video [^>]*>", page) == [
        f'<video muted loop playsinline controls preload="none" poster="/film/{post.id}/loop.jpg" '
        f'src="/film/{post.id}/loop.mp4" width="400" height="200" aria-label="Before and after">'
    ]
    assert f'<meta property="og:video" content="http://{host}/film/{post.id}/loop.mp4">' in page
    assert '<meta property="og:video:width" content="400">' in page
    assert "<video" not in await text(wall, f"/post/{(await filmed(wall)).id}")


async def test_asking_for_a_film_makes_none(alone: Wall) -> None:
    """Anonymous requests never start a film. Films are made only after a publication or a request in a chat."""
    post = await alone.hang(flat(400, 200))
    assert alone.services.films is not None
    for path in (f"/post/{post.id}", *(f"/film/{post.id}/{kind}.{end}" for kind in FilmKind for end in ("mp4", "jpg"))):
        await alone.get(path)
    assert await alone.services.films.film(post.expansion_id, FilmKind.LOOP) is None
    assert await alone.services.films.film(post.expansion_id, FilmKind.ZOOM) is None
    assert (await alone.get(f"/film/{post.id}/loop.mp4"))[0] == 404


@pytest.mark.parametrize(
    ("asked", "status", "first", "size"),
    [
        pytest.param("", 200, 0, len(MOVIE), id="everything"),
        pytest.param("bytes=0-", 206, 0, len(MOVIE), id="open"),
        pytest.param("bytes=100-199", 206, 100, 100, id="part"),
        pytest.param("bytes=0-0", 206, 0, 1, id="one-byte"),
        pytest.param("bytes=-10", 206, len(MOVIE) - 10, 10, id="the-last-ten"),
        pytest.param("bytes=10000-99999", 206, 10000, len(MOVIE) - 10000, id="past-the-end"),
        pytest.param("bytes=99999-", 416, 0, 0, id="beyond"),
        pytest.param("bytes=0-1,5-9", 200, 0, len(MOVIE), id="several"),
        pytest.param("lines=1-2", 200, 0, len(MOVIE), id="other-units"),
    ],
)
async def test_films_come_in_ranges(wall: Wall, asked: str, status: int, first: int, size: int) -> None:
    post = await filmed(wall, FilmKind.ZOOM)
    given, headers, body = await wall.get(f"/film/{post.id}/zoom.mp4", **({"Range": asked} if asked else {}))
    assert (given, body) == (status, MOVIE[first : first + size])
    assert headers["Accept-Ranges"] == "bytes"
    ranges = {206: f"bytes {first}-{first + size - 1}/{len(MOVIE)}", 416: f"bytes */{len(MOVIE)}"}
    assert headers.get("Content-Range") == ranges.get(status)
    assert status == 416 or headers["Content-Type"] == "video/mp4"


async def test_a_film_is_kept_and_a_part_of_another_version_is_the_whole(wall: Wall) -> None:
    post = await filmed(wall, FilmKind.ZOOM)
    path = f"/film/{post.id}/zoom.mp4"
    _, headers, _ = await wall.get(path)
    assert headers["Cache-Control"].startswith("private, max-age=31536000")
    assert (await wall.get(path, **{"If-None-Match": headers["ETag"]}))[0] == 304
    assert (await wall.get(path, **{"Range": "bytes=0-9", "If-Range": headers["ETag"]}))[0] == 206
    assert (await wall.get(path, **{"Range": "bytes=0-9", "If-Range": '"another"'}))[0] == 200
    status, headers, body = await wall.get(f"/film/{post.id}/zoom.jpg")
    assert (status, headers["Content-Type"], body) == (200, "image/jpeg", POSTER)


async def test_the_page_leads_to_this_very_post_in_the_chat(wall: Wall) -> None:
    post = await wall.hang(flat(60, 40))
    page = await text(wall, f"/post/{post.id}")
    assert f'<a class="call" href="https://t.me/kuotu_bot?start=p{post.id}">Open in the chat</a>' in page
    assert '<a class="call" href="https://t.me/kuotu_bot">Expand yours</a>' in page


# pictures


async def test_pictures_come_small_and_are_kept(wall: Wall) -> None:
    post = await wall.hang(flat(900, 600))
    for size in SIZES.values():
        status, headers, body = await wall.get(f"/picture/{post.id}/{size.name}")
        picture = Image.open(BytesIO(body))
        assert (status, picture.size[0]) == (200, min(900, size.width))
        assert picture.format == {"webp": "WEBP", "jpg": "JPEG"}[size.format]
        assert "immutable" in headers["Cache-Control"]
        kept = post.expansion.preview
        assert kept is not None
        assert await wall.services.blobs.get(size.key(kept)) == body
        again, _, nothing = await wall.get(f"/picture/{post.id}/{size.name}", **{"If-None-Match": headers["ETag"]})
        assert (again, nothing) == (304, b"")


def test_a_thumbnail_carries_no_metadata() -> None:
    exif, out = Image.Exif(), BytesIO()
    exif[0x010E] = "where I live"
    Image.new("RGB", (800, 400), "red").save(out, "JPEG", exif=exif, comment=b"me", icc_profile=b"profile")
    for size in (*WEBP, SHARED):
        small = Image.open(BytesIO(shrink(out.getvalue(), size)))
        assert (dict(small.getexif()), small.info.get("icc_profile"), small.info.get("comment")) == ({}, None, None)


async def test_thumbnails_go_with_their_picture(alone: Wall) -> None:
    post = await alone.hang(flat(900, 600))
    await alone.get(f"/picture/{post.id}/320.webp")
    assert post.expansion.preview is not None
    kept = WEBP[0].key(post.expansion.preview)
    assert await alone.services.blobs.get(kept)
    await alone.services.people.forget(ANN)
    await alone.services.shelf.settle_lot()
    with pytest.raises(FileNotFoundError):
        await alone.services.blobs.get(kept)


# private pictures


async def filmed_already(wall: Wall, post_id: int) -> None:
    post = await wall.services.gallery.post(post_id)
    assert post is not None
    await wall.film(post, FilmKind.LOOP, MOVIE, POSTER)


def files_of(number: int) -> list[str]:
    """Return the addresses of all files that pages load for a post."""
    return [*(f"/picture/{number}/{name}" for name in SIZES), *(f"/film/{number}/loop.{end}" for end in ("mp4", "jpg"))]


@pytest.mark.parametrize("how", ["unpublished", "hidden", "withheld", "deleted", "forgotten", "never"])
async def test_what_is_not_live_is_nowhere(alone: Wall, how: str) -> None:
    other = await alone.hang(flat(60, 40), "other", author=BOB)
    made = await alone.make(flat(300, 200))
    post_id = 404
    if how != "unpublished" and how != "never":
        post_id = (await alone.publish(made, "secret")).id
        await filmed_already(alone, post_id)
        assert {(await alone.get(path))[0] for path in files_of(post_id)} == {200}
        await alone.services.gallery.react(made.id, BOB, LOVE)
    if how == "hidden":
        assert await alone.services.gallery.unpublish(post_id, ANN)
    elif how == "withheld":
        await withhold(alone.services.moderation, post_id, BOB)
    elif how == "deleted":
        await alone.services.store.delete_expansion(made.id)
    elif how == "forgotten":
        await alone.services.people.forget(ANN)
    candidates = {post_id, made.id + 1, made.result_id or 0} - {other.id}
    for number in candidates:
        assert {(await alone.get(path))[0] for path in files_of(number)} == {404}
        assert (await alone.get(f"/post/{number}"))[0] == 404
        assert (await alone.say(f"/post/{number}/reaction", {"feeling": "🤣"}, launch()))[0] == 404
        status, said = await alone.say("/gallery/seen", {"posts": [number]}, launch())
        assert (status, said["feelings"]) == (200, {})
    for sort in ("surprising", "hot", "top", "newest", "random"):
        assert ids(await text(alone, f"/gallery?sort={sort}")) == [other.id]
    assert "secret" not in await text(alone, f"/post/{other.id}")


async def test_an_unpublished_step_of_a_chain_is_not_linked(alone: Wall) -> None:
    first = await alone.make(flat(200, 100))
    post = await alone.hang(flat(400, 200), source=first.result)
    page = await text(alone, f"/post/{post.id}")
    assert "2 steps" in page
    assert "Goes on from" not in page
    assert set(re.findall(r'src="/picture/(\d+)', page)) == {str(post.id)}


# text written by people


class Tags(HTMLParser):
    """Collects the tags of a page as a browser parses it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "quotes": '" onload="alert(1)" \'><svg/onload=alert(1)>',
    "template": "{{ 7 * 7 }}{% raw %}",
    "bidi": "\u202egnp.exe\u2066\u2067 abc\u202d",
    "controls": "a\x00b\x1b[31m\r\nSet-Cookie: x=1",
    "long": "长" * 10_000,
    "zalgo": "e" + "\u0301" * 5_000,
    "emoji": "👨‍👩‍👧‍👦🏳️‍🌈🇨🇳" * 300,
    "invisible": "\u200b\u2060\ufeff\u00ad",
}


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_words_are_words(tmp_path: Path, words: str) -> None:
    async with wall_in(tmp_path, names=(words, "Ben")) as wall:
        post = await wall.hang(flat(60, 40), words)
        for path in ("/gallery", f"/post/{post.id}"):
            page = await text(wall, path)
            assert len(page) < 40_000
            tags = Tags()
            tags.feed(page)
            assert [attributes for tag, attributes in tags.seen if tag in ("script", "iframe", "object")] == [
                {"type": "module", "src": asset("main.js")}
            ]
            assert not [name for _, attributes in tags.seen for name in attributes if name.startswith(("on", "style"))]
            assert all((attributes["src"] or "").startswith("/") for tag, attributes in tags.seen if tag == "img")
            assert not (words == HOSTILE["template"] and "“49" in page)
            assert not re.search("[\u202a-\u202e\u2066\u2067\u200b\u2060\ufeff\x00\x1b]", page)


@pytest.mark.parametrize(
    "path",
    [
        "/post/0",
        "/post/-1",
        "/post/99999999999999999999999999",
        "/post/9223372036854775808",
        "/post/1e3",
        "/post/%D9%A3",
        "/post/1%00",
        "/post/%2e%2e%2f",
        "/picture/1/../../etc/passwd",
        "/picture/1/..%2f..%2fkuotu.db",
        "/picture/..%2f1/320.webp",
        "/picture/1/320.webp.webp",
        "/picture/1/321.webp",
        "/picture/1/10000.webp",
        "/picture/1/320.WEBP",
        "/film/1/loop.avi",
        "/film/1/loop",
        "/film/1/.mp4",
        "/film/1/..%2floop.mp4",
        "/film/1/LOOP.mp4",
        "/gallery/page/x/..%2fapp.py",
        "/gallery/page/x/%2e%2e%2frender.py",
        "/gallery?sort=worst",
        "/gallery?period=year",
        "/gallery?after=x",
        "/gallery?after=nan,1",
        "/gallery?after=1e999999,1",
        "/gallery?after=1,99999999999999999999",
        "/gallery?after=1;DROP%20TABLE%20posts,1",
        "/gallery?sort=random&from=1e9",
    ],
)
async def test_addresses_of_nothing_are_not_found(wall: Wall, path: str) -> None:
    status, headers, _ = await wall.get(path)
    assert status == 404
    assert "passwd" not in headers.get("Location", "")


# HTTP behaviour


@pytest.mark.parametrize("path", ["/gallery", "/post/1", "/post/404", "/picture/1/320.webp", "/picture/404/320.webp"])
async def test_every_answer_is_guarded(wall: Wall, path: str) -> None:
    _, headers, body = await wall.get(path)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
    assert "Set-Cookie" not in headers
    if headers["Content-Type"].startswith("text/html"):
        page = body.decode()
        assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=", page)
        loaded = re.findall(
            r'(?:src|srcset|href)="([^"]+)"', re.sub(r"<a [^>]*>|<link rel=\"canonical\"[^>]*>", "", page)
        )
        assert loaded
        assert all(one.startswith("/") for one in loaded)


async def test_a_page_is_sent_again_only_when_it_changed(wall: Wall) -> None:
    post = await wall.hang(flat(60, 40))
    _, headers, _ = await wall.get("/gallery")
    assert headers["Cache-Control"] == "no-cache"
    known = {"If-None-Match": headers["ETag"]}
    assert (await wall.get("/gallery", **known))[0] == 304
    await wall.feel(post, "🤣")
    assert (await wall.get("/gallery", **known))[0] == 200


async def test_files_of_the_page_are_kept_for_ever_under_their_version(wall: Wall) -> None:
    page = await text(wall, "/gallery")
    for address in set(re.findall(r'"(/gallery/page/[^"]+)"', page)):
        status, headers, body = await wall.get(address)
        assert (status, bool(body)) == (200, True)
        assert "immutable" in headers["Cache-Control"]
        _, headers, _ = await wall.get(address, **{"Accept-Encoding": "gzip"})
        assert headers["Content-Encoding"] == "gzip"
    status, headers, _ = await wall.get("/gallery/page/old/main.js")
    assert (status, headers["Cache-Control"]) == (200, "no-cache")


# the Mini App


async def test_one_vote_a_person_shared_with_the_chat(wall: Wall) -> None:
    post = await wall.hang(flat(60, 40))
    await wall.services.people.see(3, "小梅", "zh-hans")
    await wall.services.gallery.react(post.expansion_id, 3, LOVE)  # reacts in the chat
    status, said = await wall.say(f"/post/{post.id}/reaction", {"feeling": "🤣"}, launch())
    assert (status, said["own"], said["counts"]["🤣"], said["counts"]["😍"]) == (200, "🤣", 1, 0)
    assert await wall.services.gallery.counts(post.expansion_id) == said["counts"]
    _, said = await wall.say(f"/post/{post.id}/reaction", {"feeling": "🤣"}, launch())
    assert (said["own"], sum(said["counts"].values())) == (None, 0)
    there = await wall.services.gallery.post(post.id)
    assert there is not None
    assert there.impressions == 1


async def test_whoever_is_identified_is_counted_once(wall: Wall) -> None:
    posts = [await wall.hang(flat(60, 40)) for _ in range(3)]
    await wall.services.gallery.react(posts[1].expansion_id, 3, LAUGH)
    for _ in range(3):
        status, said = await wall.say("/gallery/seen", {"posts": [p.id for p in posts] * 2}, launch())
        assert (status, said["language"]) == (200, "zh")
        assert said["feelings"] == {str(p.id): "🤣" if p is posts[1] else None for p in posts}
    for _ in range(3):
        await text(wall, "/gallery")  # an anonymous request
        await text(wall, f"/post/{posts[0].id}")
    for post in posts:
        there = await wall.services.gallery.post(post.id)
        assert there is not None
        assert there.impressions == 1


NOBODY = {
    "no-data": None,
    "empty": "",
    "forged": launch()[:-1] + "z",
    "another-bot": signed("7000000009:another"),
    "expired": signed(TOKEN, auth_date=str(int(NOW) - 90_000)),
    "unsigned": urlencode({"user": '{"id":3,"first_name":"x"}', "auth_date": str(int(NOW))}),
}


@pytest.mark.parametrize("data", NOBODY.values(), ids=NOBODY.keys())
async def test_whoever_is_not_signed_changes_nothing(wall: Wall, data: str | None) -> None:
    post = await wall.hang(flat(60, 40))
    for path, body in ((f"/post/{post.id}/reaction", {"feeling": "🤣"}), ("/gallery/seen", {"posts": [post.id]})):
        status, said = await wall.say(path, body, data)
        assert status == 401
        assert "Traceback" not in said
    there = await wall.services.gallery.post(post.id)
    assert there is not None
    assert (there.impressions, there.laughing) == (0, 0)


async def test_whoever_is_banned_changes_nothing(alone: Wall) -> None:
    post = await alone.hang(flat(60, 40))
    await alone.services.moderation.ban(3, ANN)
    for path, body in ((f"/post/{post.id}/reaction", {"feeling": "🤣"}), ("/gallery/seen", {"posts": [post.id]})):
        assert (await alone.say(path, body, launch()))[0] == 403
    there = await alone.services.gallery.post(post.id)
    assert there is not None
    assert there.impressions == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/post/1/reaction", {"feeling": "👍"}),
        ("/post/1/reaction", {"feeling": ["🤣"]}),
        ("/post/1/reaction", {"feeling": None}),
        ("/post/1/reaction", []),
        ("/gallery/seen", {"posts": "1"}),
        ("/gallery/seen", {"posts": ["1"]}),
        ("/gallery/seen", {"posts": [True]}),
        ("/gallery/seen", {"posts": [-1]}),
        ("/gallery/seen", {"posts": [10**30]}),
        ("/gallery/seen", {"posts": [1] * 101}),
        ("/gallery/seen", {"posts": [1], "more": "x" * 9000}),
        ("/gallery/seen", None),
    ],
)
async def test_nonsense_is_refused_in_one_line(wall: Wall, path: str, body: Any) -> None:
    status, said = await wall.say(path, body, launch())
    assert status == 400
    assert said.count("\n") == 1


async def test_another_site_cannot_ask_in_a_persons_name(wall: Wall) -> None:
    """Another site may not set the header: the browser sends a preflight request, which is not allowed."""
    asks = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    async with wall.client.options(f"{wall.url}/post/1/reaction", headers=asks) as answer:
        assert not answer.ok
        assert "Access-Control-Allow-Origin" not in answer.headers


# a chain


def test_steps_lie_where_their_pixels_are() -> None:
    from types import SimpleNamespace as Row

    def step(margins: tuple[int, int, int, int], width: int, height: int, doubles: bool = False) -> Any:
        left, top, right, bottom = margins
        sides = {"left": left, "top": top, "right": right, "bottom": bottom}
        return Row(**sides, doubles=doubles, source=Row(width=width, height=height))

    chain = [step((10, 0, 10, 0), 100, 50), step((0, 5, 0, 5), 120, 50), step((7, 3, 1, 1), 120, 60)]
    steps = [(s.number, s.left, s.top, s.width, s.height) for s in steps_of(chain)]
    assert steps == [(0, 17, 8, 100, 50), (1, 7, 8, 120, 50), (2, 7, 3, 120, 60)]
    doubled = [chain[0], step((0, 0, 0, 0), 120, 50, doubles=True), step((0, 5, 0, 5), 240, 100)]
    steps = [(s.number, s.left, s.top, s.width, s.height) for s in steps_of(doubled)]
    assert steps == [(0, 20, 5, 200, 100), (1, 0, 5, 240, 100)]
    many = steps_of([step((1, 1, 1, 1), 10 + 2 * n, 10 + 2 * n) for n in range(20)])
    assert [s.number for s in some_of(many)] == [0, 1, 2, 3, 4, 5, 6, 19]
