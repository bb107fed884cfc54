"""How the gallery's pages are used: two columns and one row of pills on a phone, keys, the lightbox, and hovering."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.support.browser import PHONE, page_of
from tests.support.wall import Wall, flat, wall_in

pytestmark = pytest.mark.browser
COLUMNS = "() => new Set([...document.querySelectorAll('.card')].map((one) => Math.round(one.offsetLeft))).size"
TALL = "() => new Set([...document.querySelectorAll('.orders a')].map((one) => one.getBoundingClientRect().y)).size"
CUT = "() => [...document.querySelectorAll('.label')].filter((one) => one.scrollHeight > one.clientHeight + 1).length"


@pytest.fixture(scope="module")
async def wall(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wall]:
    async with wall_in(tmp_path_factory.mktemp("wall")) as wall:
        for number, (width, height) in enumerate([(300, 100), (200, 200), (120, 260), (240, 160)]):
            await wall.hang(flat(width, height, 60 + 40 * number), f"A title that is rather long, number {number}")
        wall.ration(1e9)
        yield wall


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone_shows_two_columns_and_one_row_of_pills(
    browser: Browser, wall: Wall, shots: Path, language: str, scheme: str
) -> None:
    path = f"{wall.url}/gallery?lang={language}"
    async with page_of(browser, path, color_scheme=scheme, **PHONE) as page:  # type: ignore[arg-type]
        assert await page.evaluate(COLUMNS) == 2
        assert await page.evaluate(TALL) == 1
        assert await page.evaluate(CUT) == 0
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await page.screenshot(path=shots / f"phone wall {language} {scheme}.png")


async def test_arrow_keys_turn_the_page_and_a_picture_fills_the_screen(
    browser: Browser, wall: Wall, shots: Path
) -> None:
    async with page_of(browser, f"{wall.url}/post/2?lang=en") as page:
        await page.keyboard.press("ArrowRight")
        await page.wait_for_url("**/post/1?lang=en")
        await page.wait_for_selector("html[data-ready]")
        await page.keyboard.press("ArrowLeft")
        await page.wait_for_url("**/post/2?lang=en")
        await page.wait_for_selector("html[data-ready]")
        await page.click("#enlarge")
        picture = page.locator("#lightbox img")
        await expect(picture).to_be_in_viewport()
        box = await picture.bounding_box()
        assert box is not None
        assert (box["width"], box["height"]) == (1280, 800)
        await page.keyboard.press("Escape")
        await expect(picture).not_to_be_visible()
        await page.screenshot(path=shots / "post.png")
        async with page.expect_download() as download:
            await page.click("a[download]")
        assert (await download.value).suggested_filename == "kuotu-2.jpg"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_chosen_feeling_stays_readable_under_the_pointer(browser: Browser, wall: Wall, scheme: str) -> None:
    async with page_of(browser, f"{wall.url}/post/2", color_scheme=scheme) as page:  # type: ignore[arg-type]
        button = page.locator(".feelings button").first
        await button.evaluate("one => { one.disabled = false; one.setAttribute('aria-pressed', 'true'); }")
        colours = "one => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]"
        before = await button.evaluate(colours)
        await button.hover()
        assert await button.evaluate(colours) == before


HOVERED = """() => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
    .filter((rule) => rule.selectorText?.includes(":hover") && !rule.selectorText.includes(".veiled")).length"""


async def test_nothing_changes_under_a_finger_as_under_a_pointer(browser: Browser, wall: Wall) -> None:
    """A phone keeps the look of hovering after a tap, so these rules are only for devices that can hover."""
    async with page_of(browser, f"{wall.url}/post/2", **PHONE) as page:
        assert await page.evaluate(HOVERED) == 0


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
async def test_a_search_by_keyboard_keeps_the_language(browser: Browser, wall: Wall, script: bool) -> None:
    context = await browser.new_context(java_script_enabled=script)
    page = await context.new_page()
    await page.goto(f"{wall.url}/gallery?lang=en&sort=newest")
    await page.get_by_role("searchbox", name="Search titles and twists").fill("number 2")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/gallery?q=number+2&sort=newest&lang=en")
    await expect(page.locator(".card")).to_have_count(1)
    await expect(page.get_by_role("searchbox")).to_have_value("number 2")
    await page.get_by_role("link", name="Show all pictures").click()
    await expect(page.locator(".card")).to_have_count(4)
    await context.close()


async def test_somebody_without_telegram_reports_and_finds_back(browser: Browser, wall: Wall, shots: Path) -> None:
    async with page_of(browser, f"{wall.url}/post/2?lang=en", **PHONE) as page:
        await page.get_by_role("link", name="by \u2068Ann\u2069").click()
        await page.wait_for_url("**/author/*?lang=en")
        await expect(page.locator("h1")).to_have_text("\u2068Ann\u2069")
        await page.locator('[data-post="2"] a').click()
        await page.get_by_text("Report", exact=True).click()
        await page.screenshot(path=shots / "report.png")
        await page.get_by_role("button", name="Violent").click()
        await expect(page.locator("h1")).to_have_text("Thank you. A moderator will look at it.")
        await page.get_by_role("link", name="Back to the picture").click()
        await page.wait_for_url("**/post/2?lang=en")
    assert [post for post, said in wall.told if said.first] == [2]
