"""The gallery in headless Chromium: phone and desktop, light and dark, without JavaScript, and as a Mini App."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from playwright.async_api import Browser, FilePayload, Page, Response, expect
from sqlalchemy import update

from bot.chat.choice import margins_of
from bot.playground import Person
from inference.engine import Style
from inference.film.encoder import before_after, film, poster
from inference.growth import Direction
from storage.database import transactions
from storage.models import Expansion, Feeling, FilmKind, Post
from tests.support.browser import PHONE, page_of
from tests.support.launch import MEI, signed
from tests.support.wall import ANN, BOB, TOKEN, Wall, encoded, flat, paint, paint_further, wall_in

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[2] / "vendor" / "axe-core" / "axe.min.js"
THEME = {"bg_color": "#17212b", "secondary_bg_color": "#0e1621", "text_color": "#f5f5f5", "hint_color": "#8fa3b5"}
BOXES = """() => [...document.querySelectorAll('.card')].slice(0, 24).map((card) => {
    const frame = card.querySelector('.frame').getBoundingClientRect(), image = card.querySelector('img');
    return {
        ratio: frame.width / frame.height,
        wanted: image.getAttribute('width') / image.getAttribute('height'),
        at: [card.dataset.post, frame.x, frame.y + scrollY, frame.height].map(Number).map(Math.round),
    };
})"""
SHAPES = [(300, 100), (200, 200), (120, 260), (240, 160), (160, 240)]


@pytest.fixture(scope="module")
async def wall(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wall]:
    """Thirty posts: the engine painted a chain and two more, and the others are simple shapes."""
    async with wall_in(tmp_path_factory.mktemp("wall")) as wall:
        for number in range(27):
            width, height = SHAPES[number % len(SHAPES)]
            await wall.hang(flat(width, height, 60 + 5 * number), f"shape {number}", prior=number / 60)
        cat = paint("chelsea", Direction.ALL, Style.WILD)
        first = await wall.make(cat)
        chain = await wall.hang(
            paint_further(cat.after, Direction.RIGHT, Style.PLAYFUL), "猫的海洋", source=first.result, prior=0.95
        )
        await wall.feel(chain, "🤣🤣🤯😱")
        await film_both(wall, chain)
        for name, direction in (("rocket", Direction.HORIZONTAL), ("coffee", Direction.UP)):
            await wall.hang(paint(name, direction, Style.PLAYFUL), f"The rest of {name}", author=BOB, prior=0.9)
        wall.ration(1e9)
        yield wall


async def film_both(wall: Wall, post: Post) -> None:
    """Store both films of a post, as the film job does."""
    result = post.expansion.result
    assert result is not None
    master = (await wall.services.pictures.of(result)).mosaic
    steps = [margins_of(step) for step in await wall.services.store.ancestry(post.expansion_id)]
    movies = {FilmKind.ZOOM: film(master, steps), FilmKind.LOOP: before_after(master, steps[-1])}
    for kind, movie in movies.items():
        await wall.film(post, kind, movie, poster(movie))


async def chain_of(wall: Wall) -> Post:
    post = await wall.services.gallery.post(28)
    assert post is not None
    return post


async def violations(page: Page, *rules: str) -> list[str]:
    """Return what axe-core finds by these rules, or by all, for each element."""
    await page.evaluate(AXE.read_text())  # the page's policy lets no script of ours in, so the debugger brings it
    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    found = await page.evaluate("options => axe.run(document, options)", options)
    assert len(found["passes"]) > (0 if rules else 15)
    return [f"{rule['id']}: {node['target']}" for rule in found["violations"] for node in rule["nodes"]]


def launched(person: int = 3, token: str = TOKEN, **theme: str) -> str:
    """Return the URL fragment with which Telegram opens a Mini App."""
    data = signed(token, auth_date=str(int(time.time())), user=json.dumps(MEI | {"id": person, "language_code": "en"}))
    fields = {"tgWebAppData": data, "tgWebAppVersion": "9.1", "tgWebAppThemeParams": json.dumps(theme)}
    return "#" + urlencode(fields, quote_via=quote)


async def impressions(wall: Wall, post: int) -> int:
    there = await wall.services.gallery.post(post)
    assert there is not None
    return there.impressions


@pytest.mark.parametrize(("device", "how"), [("phone", PHONE | {"locale": "en-GB"}), ("desk", {"locale": "zh-CN"})])
async def test_axe_finds_nothing_and_nothing_overflows(
    wall: Wall, browser: Browser, shots: Path, device: str, how: dict[str, Any]
) -> None:
    """English has the longest lines, and a phone the least room for them."""
    post = await chain_of(wall)
    pages = {
        "gallery": "/gallery",
        "found": "/gallery?q=shape",
        "nothing": "/gallery?q=zzz",
        "post": f"/post/{post.id}",
        "verify": "/verify",
        "author": f"/author/{post.author.page}",
    }
    async with page_of(browser, f"{wall.url}/gallery", color_scheme="light", **how) as page:
        for name, path in pages.items():
            await page.goto(wall.url + path)
            await page.wait_for_selector("html[data-ready]")
            await page.wait_for_load_state("networkidle")
            assert await page.locator("h1").count() == 1
            await page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
            assert await violations(page) == []
            assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
            await page.screenshot(path=shots / f"{name}-{device}-light.png")
            await page.emulate_media(color_scheme="dark")
            assert await violations(page, "color-contrast") == []
            await page.screenshot(path=shots / f"{name}-{device}-dark.png")
            await page.emulate_media(color_scheme="light")
    async with await browser.new_context(**how, color_scheme="dark") as context:
        page = await context.new_page()  # a page that is not found says so in the console, too
        await page.goto(f"{wall.url}/post/404")
        assert await violations(page) == []


async def test_a_checked_picture_fits_the_phone(wall: Wall, browser: Browser, shots: Path) -> None:
    post = await chain_of(wall)
    large = await wall.services.marked(encoded(flat(1600, 900).after, "JPEG"), post.expansion)
    async with page_of(browser, f"{wall.url}/verify", **PHONE) as page:
        picture: FilePayload = {"name": "large.jpg", "mimeType": "image/jpeg", "buffer": large}
        await page.set_input_files("[name=picture]", picture)
        await page.click("button[type=submit]")
        shown = page.locator(".check img")
        await expect(shown).to_be_visible()
        await expect(page.locator(".check").first).to_contain_text("its signature")
        await page.screenshot(path=shots / "verify-checked.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        width, height = await shown.evaluate("({ clientWidth, clientHeight }) => [clientWidth, clientHeight]")
        assert width / height == pytest.approx(16 / 9, rel=0.02)


@pytest.mark.parametrize("device", ["phone", "desk"])
async def test_pictures_keep_their_shape_and_nothing_jumps(wall: Wall, browser: Browser, device: str) -> None:
    how: dict[str, Any] = PHONE if device == "phone" else {}
    async with page_of(browser, f"{wall.url}/gallery?sort=newest", **how) as page:
        before = await page.evaluate(BOXES)
        assert len(before) == 24
        for box in before:
            wanted = min(40 / 12, max(0.5, box["wanted"]))
            assert box["ratio"] == pytest.approx(wanted, rel=0.06)
        await page.evaluate("scrollTo(0, document.body.scrollHeight)")
        await expect(page.get_by_text("That is all there is, for now.")).to_be_visible()
        await page.wait_for_load_state("networkidle")
        assert [box["at"] for box in await page.evaluate(BOXES)] == [box["at"] for box in before]


async def test_without_javascript_everything_is_there(wall: Wall, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{wall.url}/gallery?sort=newest")
    assert await page.locator(".card").count() == 24
    await page.get_by_role("link", name="Show more").click()
    assert await page.locator(".card").count() >= 6
    await page.goto(f"{wall.url}/post/{(await chain_of(wall)).id}")
    veil = page.locator(".veil .step-0")
    await expect(veil).to_be_hidden()
    await page.get_by_text("The photo", exact=True).click()
    await expect(veil).to_be_visible()
    await expect(page.get_by_role("button", name="Hilarious: 2")).to_be_disabled()
    await context.close()


async def test_the_slider_draws_the_curtain_by_keyboard_and_by_hand(wall: Wall, browser: Browser) -> None:
    address = f"{wall.url}/post/{(await chain_of(wall)).id}"
    async with page_of(browser, address, reduced_motion="reduce") as page:
        slider, curtain = page.get_by_role("slider", name="Before and after"), page.locator("#curtain rect")
        width = (await page.evaluate("document.querySelector('.veil').viewBox.baseVal.width")) / 100
        await expect(slider).to_have_value("50")
        await slider.focus()
        await page.keyboard.press("ArrowRight")
        await expect(slider).to_have_attribute("aria-valuetext", "55 % covered: as it was before")
        assert float(await curtain.get_attribute("width") or 0) == pytest.approx(55 * width)
        box = await slider.bounding_box()
        assert box is not None
        await page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
        assert float(await slider.input_value()) == pytest.approx(25, abs=1)
        await page.locator("#whole").check(force=True)
        await expect(slider).to_have_value("0")
        await page.get_by_label("Step 1").check(force=True)
        await expect(page.locator(".step-1")).to_be_visible()
        await expect(page.locator(".step-0")).to_be_hidden()


async def test_what_is_veiled_shows_when_somebody_wants_to_see_it(wall: Wall, browser: Browser, shots: Path) -> None:
    made = await wall.make(flat(400, 300))
    async with transactions(wall.database).write() as session:
        await session.execute(update(Expansion).where(Expansion.id == made.id).values(verdict="unsure"))
    post = await wall.publish(made, "veiled", 0.01)
    async with page_of(browser, f"{wall.url}/gallery?sort=newest") as page:
        await expect(page.locator(f'[data-post="{post.id}"] img')).to_have_css("filter", "blur(28px)")
        assert await violations(page) == []
        await page.screenshot(path=shots / "gallery-veiled.png")
    async with page_of(browser, f"{wall.url}/post/{post.id}") as page:
        await expect(page.locator("#compare")).to_be_hidden()
        assert await violations(page) == []
        await page.screenshot(path=shots / "post-veiled.png")
        await page.get_by_role("checkbox").focus()
        await page.keyboard.press("Space")
        await expect(page.locator("#compare")).to_be_visible()
    assert await wall.services.gallery.unpublish(post.id, post.person_id)  # the other tests' wall is as it was


RESTS = "() => [...document.querySelectorAll('video')].every((film) => film.paused && film.currentTime === 0)"


async def test_films_play_in_view_and_rest_once_somebody_pauses_them(wall: Wall, browser: Browser) -> None:
    async with page_of(browser, f"{wall.url}/post/{(await chain_of(wall)).id}") as page:
        movie, loop = await page.locator("video").all()
        await loop.scroll_into_view_if_needed()
        for one in (movie, loop):
            await expect(one).to_have_js_property("paused", False)
            assert await one.evaluate("film => film.play().then(() => film.videoWidth)") > 0
        await movie.focus()
        await page.keyboard.press("Space")
        await expect(movie).to_have_js_property("paused", True)
        await page.evaluate("scrollTo(0, document.body.scrollHeight)")
        await expect(loop).to_have_js_property("paused", True)
        await loop.scroll_into_view_if_needed()
        await expect(loop).to_have_js_property("paused", False)
        await expect(movie).to_have_js_property("paused", True)


@pytest.mark.parametrize("how", [{"reduced_motion": "reduce"}, {"java_script_enabled": False}], ids=["calm", "no-js"])
async def test_films_wait_for_whoever_wants_no_motion(wall: Wall, browser: Browser, how: Any) -> None:
    context = await browser.new_context(**how)
    page = await context.new_page()
    await page.goto(f"{wall.url}/post/{(await chain_of(wall)).id}")
    await page.locator("video").last.scroll_into_view_if_needed()
    await page.wait_for_load_state("networkidle")
    for movie in await page.locator("video").all():
        await expect(movie).to_have_js_property("controls", True)
    assert await page.evaluate(RESTS)
    await context.close()


async def test_more_by_keyboard_goes_on_where_one_was(wall: Wall, browser: Browser) -> None:
    async with page_of(browser, f"{wall.url}/gallery?sort=newest", reduced_motion="reduce") as page:
        first = await page.locator(".card").evaluate_all("cards => cards.map((card) => card.dataset.post)")
        await page.locator("#more").focus()
        await expect(page.get_by_text("That is all there is, for now.")).to_be_visible()
        ids = await page.locator(".card").evaluate_all("cards => cards.map((card) => card.dataset.post)")
        assert ids[:24] == first
        assert len(set(ids)) == len(ids) > 24
        await expect(page.locator(f'[data-post="{ids[24]}"] a')).to_be_focused()


async def test_a_mini_app_reacts_and_is_counted_once(wall: Wall, browser: Browser) -> None:
    post = await wall.hang(flat(200, 150), "to react to")
    async with page_of(browser, f"{wall.url}/post/{post.id}{launched(**THEME)}", **PHONE) as page:
        assert "#" not in page.url  # the credential does not stay where it can be copied from
        assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 22, 33)"
        assert await page.evaluate("document.documentElement.dataset.theme") == "dark"
        laugh = page.get_by_role("button", name="Hilarious")
        await laugh.click()
        await expect(laugh).to_have_attribute("aria-pressed", "true")
        await expect(laugh).to_have_accessible_name("Hilarious: 1")
        love = page.get_by_role("button", name="Lovely")
        await love.click()
        await expect(love).to_have_accessible_name("Lovely: 1")
        await expect(laugh).to_have_accessible_name("Hilarious: 0")
        assert await violations(page) == []
        await page.reload()
        await expect(love).to_have_attribute("aria-pressed", "true")
    assert await impressions(wall, post.id) == 1
    assert (await wall.services.gallery.counts(post.expansion_id))[Feeling.LOVING] == 1


async def test_a_mini_app_reports_and_is_thanked(wall: Wall, browser: Browser) -> None:
    post = await wall.hang(flat(200, 150), "to report")
    async with page_of(browser, f"{wall.url}/post/{post.id}{launched()}", **PHONE) as page:
        await page.get_by_text("Report", exact=True).click()
        await page.get_by_role("button", name="Hateful").click()
        await expect(page.locator("#report form")).to_have_text("Thank you. A moderator will look at it.")
    case = await wall.services.moderation.case(post.id - 1)
    assert case is not None
    assert (case.post.id, case.strangers) == (post.id, 0)
    assert await wall.services.gallery.unpublish(post.id, post.person_id)


def _reports(answer: Response, post: int) -> bool:
    """Tell whether this is the answer to a report that a post was in view."""
    return "/gallery/seen" in answer.url and str(post) in (answer.request.post_data or "")


async def test_only_what_was_in_view_is_counted(wall: Wall, browser: Browser) -> None:
    seen, unseen = 30, 7  # the newest post of the fixture, and one far below
    before = await impressions(wall, seen), await impressions(wall, unseen)
    async with page_of(browser, f"{wall.url}/gallery?sort=newest{launched(person=9)}", **PHONE) as page:
        card = page.locator(f'[data-post="{seen}"]')
        async with page.expect_response(lambda answer: _reports(answer, seen)):
            await card.scroll_into_view_if_needed()
    async with page_of(browser, f"{wall.url}/gallery?sort=newest", **PHONE) as page:
        await page.locator(f'[data-post="{seen}"]').scroll_into_view_if_needed()
        await page.wait_for_load_state("networkidle")
    after = await impressions(wall, seen), await impressions(wall, unseen)
    assert after == (before[0] + 1, before[1])


async def test_a_forged_launch_stays_read_only(wall: Wall, browser: Browser) -> None:
    post = await chain_of(wall)
    before = await impressions(wall, post.id)
    context = await browser.new_context()
    page = await context.new_page()
    async with page.expect_response("**/gallery/seen") as answer:
        await page.goto(f"{wall.url}/post/{post.id}{launched(token='7000000003:another')}")
    assert (await answer.value).status == 401
    await expect(page.get_by_role("status")).to_have_text("Please open this from Telegram again.")
    await expect(page.get_by_role("button", name="Hilarious")).to_be_disabled()
    await context.close()
    assert await impressions(wall, post.id) == before


async def test_nothing_is_asked_of_anybody_else(wall: Wall, browser: Browser) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("/gallery", f"/post/{(await chain_of(wall)).id}"):
        await page.goto(wall.url + path + launched())
        await page.wait_for_load_state("networkidle")
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith(wall.url + "/")] == []
    assert await context.cookies() == []
    await context.close()


async def test_the_mini_app_of_a_running_kuotu(fresh_with: Any, browser: Browser) -> None:
    """Kuotu accepts the playground's signature and shows the page in the person's language."""
    fresh = await fresh_with(work=False)
    async with Person(fresh.address, 3, name="小梅", language="zh-hans") as mei:
        address = await mei.open_mini_app(f"{fresh.address}gallery")
        services = fresh.services
        local = Wall(fresh.address, services, None, None, None, [])  # type: ignore[arg-type]
        await services.people.see(ANN, "Ann")
        post = await local.hang(flat(200, 150), "from a running Kuotu")
        async with page_of(browser, address, **PHONE) as page:
            await expect(page.get_by_role("heading", level=1)).to_have_text("画廊")
            await page.get_by_role("link", name="from a running Kuotu").click()
            laugh = page.locator('[data-feeling="🤣"]')
            await laugh.click()
            await expect(laugh).to_have_attribute("aria-pressed", "true")
            await page.evaluate("localStorage.setItem('me', 3)")  # the chat page stores who opened it
            await page.get_by_role("link", name="在聊天里打开").click()
            await page.wait_for_selector("html[data-ready=yes]")
            assert "start" not in page.url  # a reload sends nothing again
        opened = await mei.wait_for(lambda m: "from a running Kuotu" in m.text)
        assert opened.kind == "photo"
        assert [m.text for m in mei.messages if not m.from_bot] == [f"/start p{post.id}"]
        assert (await services.gallery.counts(post.expansion_id))[Feeling.LAUGHING] == 1
