"""How the chat page looks: sizes, contrast, and where it stays, at both widths, in light and dark."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps
from playwright.async_api import Browser, Locator, Page, expect
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputMediaAnimation, InputMediaPhoto

from tests.support.browser import DESKTOP, PHONE, page_of
from tests.support.playground import Site, picture, site

pytestmark = pytest.mark.browser
LEGIBLE = 4.5  # contrast of text, WCAG 2.2, success criterion 1.4.3
LAST = ".message >> nth=-1"
CHANNEL = -1_001_000_000_000

widths = pytest.mark.parametrize("width", [DESKTOP, PHONE], ids=["desktop", "phone"])
schemes = pytest.mark.parametrize("scheme", ["light", "dark"])


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as place:
        await (await place.person()).say("hello")
        yield place


def keyboard(*rows: Sequence[tuple[str, str]]) -> InlineKeyboardMarkup:
    """Return a keyboard of labels and styles."""
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(label, callback_data=label, api_kwargs={"style": style} if style else None)
                for label, style in row
            ]
            for row in rows
        ]
    )


KEYS = keyboard(
    [("✨ Expand", "primary"), ("🌀 Wild", "primary")], [("OK", "success"), ("Delete", "danger")], [("▦", "")]
)


async def width_of(what: Locator) -> float:
    box = await what.bounding_box()
    assert box is not None
    return box["width"]


async def contrast_with_white(what: Locator) -> float:
    """Return the contrast of white with the lightest hundredth of the middle of a button, without its label."""
    await what.evaluate("one => { one.style.color = 'transparent'; one.style.transition = 'none'; }")
    with Image.open(BytesIO(await what.screenshot(animations="disabled"))) as shot:
        pixels = np.asarray(ImageOps.crop(shot.convert("RGB"), min(shot.size) // 5), np.float64) / 255
    linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    return float(1.05 / (np.quantile(linear @ (0.2126, 0.7152, 0.0722), 0.99) + 0.05))


@widths
@schemes
async def test_white_words_on_buttons_can_be_read(
    browser: Browser, place: Site, shots: Path, width: dict[str, Any], scheme: Any
) -> None:
    bot = await place.bot()
    await bot.send_photo(1, picture(400, 300), "A panel", reply_markup=KEYS)
    async with page_of(browser, f"{place.url}/?user=1&chat=1", color_scheme=scheme, **width) as page:
        await expect(page.locator(f"{LAST} >> .media img")).to_be_visible()
        await page.screenshot(path=shots / f"keys {scheme} {width['viewport']['width']}.png")
        buttons = [*(await page.locator(".keys button", has_not_text="🌀").all()), page.locator(".composer .send")]
        contrasts = {await one.inner_text(): await contrast_with_white(one) for one in buttons}
        contrasts |= {"day": await contrast_with_white(page.locator(".day"))}
        assert {label for label, contrast in contrasts.items() if contrast < LEGIBLE} == set(), contrasts


@widths
async def test_a_keyboard_is_as_wide_as_its_bubble(browser: Browser, place: Site, width: dict[str, Any]) -> None:
    bot = await place.bot()
    for shape in ((400, 300), (200, 900), (60, 60)):
        await bot.send_photo(1, picture(*shape), reply_markup=KEYS)
    await bot.send_message(1, "short", reply_markup=KEYS)
    async with page_of(browser, f"{place.url}/?user=1&chat=1", **width) as page:
        keyed = page.locator(".message.keyed")
        await expect(keyed).to_have_count(4)
        for one in await keyed.all():
            assert await width_of(one.locator(".keys")) == pytest.approx(await width_of(one.locator(".bubble")), abs=1)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_film_bubble_is_as_wide_as_the_film(browser: Browser, place: Site) -> None:
    """The file cannot be played, so that only what the bot says about it is known."""
    bot = await place.bot()
    status = await bot.send_message(1, "Filming")
    film = InputMediaAnimation(b"not a film", "A film", width=300, height=400, filename="film.mp4")
    await bot.edit_message_media(film, 1, status.message_id)
    await bot.send_animation(1, b"nor this", caption="Another", width=400, height=200, filename="film.mp4")
    async with page_of(browser, f"{place.url}/?user=1&chat=1") as page:
        for number, ratio in ((-2, 300 / 400), (-1, 400 / 200)):
            one = page.locator(f".message >> nth={number}")
            box = await one.locator(".media").bounding_box()
            assert box is not None
            assert box["width"] / box["height"] == pytest.approx(ratio, rel=0.02)
            assert await width_of(one.locator(".bubble")) == pytest.approx(box["width"], abs=1)


SHORT = "() => { const s = document.getElementById('scroll'); return s.scrollHeight - s.scrollTop - s.clientHeight; }"
# The page's policy forbids the eval by which Playwright's wait_for_function asks again, so the page waits by itself.
AT_THE_END = f"async () => {{ while (({SHORT})() >= 2) await new Promise(requestAnimationFrame); }}"
GROW = """() => {
    const added = Object.assign(document.createElement("div"), { style: "flex: none; height: 300px" });
    document.getElementById("log").append(added);
    document.getElementById("scroll").dispatchEvent(new Event("scroll")); // as the browser's own adjustment does
}"""


@widths
async def test_the_end_stays_in_view_when_a_result_replaces_a_status(
    browser: Browser, place: Site, width: dict[str, Any]
) -> None:
    bot = await place.bot()
    for number in range(20):
        await bot.send_message(1, f"line {number}")
    status = await bot.send_message(1, "Painting", reply_markup=keyboard([("Cancel", "")]))
    async with page_of(browser, f"{place.url}/?user=1&chat=1", **width) as page:
        assert await page.evaluate(SHORT) < 2
        media = InputMediaPhoto(picture(500, 700), "Done")
        await bot.edit_message_media(media, 1, status.message_id, reply_markup=KEYS)
        await expect(page.locator(f"{LAST} >> .media img")).to_be_visible()
        await page.evaluate(AT_THE_END)
        await page.evaluate(GROW)
        await page.evaluate(AT_THE_END)
        await page.evaluate("document.getElementById('scroll').scrollTop -= 500")  # the reader looks back
        await expect(page.locator("#down")).to_be_visible()
        await bot.send_message(1, "news")
        await expect(page.locator("#down .badge")).to_have_text("1")
        assert await page.evaluate(SHORT) > 400


async def test_a_reader_of_a_channel_is_offered_no_samples(browser: Browser, place: Site) -> None:
    for user, trays in ((1, 1), (2, 0)):
        async with page_of(browser, f"{place.url}/?user={user}&chat={CHANNEL}") as page:
            await expect(page.locator(".empty")).to_be_visible()
            await expect(page.locator(".empty .tray")).to_have_count(trays)


@widths
async def test_the_samples_stay_until_a_photo_was_sent(
    browser: Browser, place: Site, shots: Path, width: dict[str, Any]
) -> None:
    async with page_of(browser, f"{place.url}/?user=1&chat=1", **width) as page:
        await expect(page.locator(".message")).to_have_count(1)
        await expect(page.locator(".samples .tray")).to_be_visible()
        await page.screenshot(path=shots / f"samples-{width['viewport']['width']}.png")
        await page.click(".samples [aria-label=chelsea]")
        await expect(page.locator(".message .media img")).to_be_visible()
        await expect(page.locator(".samples")).to_have_count(0)


@widths
async def test_the_samples_leave_the_greeting_in_sight_and_make_room_for_the_first_result(
    browser: Browser, place: Site, width: dict[str, Any]
) -> None:
    bot = await place.bot()
    await bot.send_photo(1, picture(1280, 960), "Hi!\n\nTwo lines\nof words\nand more", reply_markup=KEYS)
    async with page_of(browser, f"{place.url}/?user=1&chat=1", **width) as page:
        await expect(page.locator(".samples .tray")).to_be_visible()
        tray = await page.locator(".samples").bounding_box()
        assert tray is not None
        assert tray["height"] < 200
        await bot.send_photo(1, picture(400, 300), "A result")
        await expect(page.locator(".message")).to_have_count(3)
        await expect(page.locator(".samples")).to_have_count(0)


async def opened(page: Page, label: str) -> Locator:
    await page.click(f".keys >> text={label}")
    dialog = page.locator("dialog")
    await expect(dialog).to_be_visible()
    return dialog


@widths
async def test_share_opens_the_pages_own_dialog_and_long_addresses_wrap(
    browser: Browser, place: Site, width: dict[str, Any]
) -> None:
    share = "https://t.me/share/url?url=https%3A%2F%2Ft.me%2Fkuotu_bot%3Fstart%3Dp7&text=A+whale"
    chosen = {"switch_inline_query_chosen_chat": {"query": "p7", "allow_group_chats": True}}
    buttons = [
        [InlineKeyboardButton("Share", url=share)],
        [InlineKeyboardButton("Elsewhere", url=f"https://example.org/{'long' * 60}")],
        [InlineKeyboardButton("Inline", api_kwargs=chosen, callback_data=None, switch_inline_query="p7")],
    ]
    await (await place.bot()).send_message(1, "A post", reply_markup=InlineKeyboardMarkup(buttons))
    async with page_of(browser, f"{place.url}/?user=1&chat=1", **width) as page:
        dialog = await opened(page, "Elsewhere")
        assert await dialog.evaluate("one => one.scrollWidth <= one.clientWidth + 1")
        await dialog.locator("text=Cancel").click()
        dialog = await opened(page, "Share")
        await dialog.locator("text=Weekend").click()
        await dialog.locator(".main").click()
        await expect(page.locator(f"{LAST} >> .words")).to_contain_text("https://t.me/kuotu_bot?start=p7\nA whale")
        await expect(page.locator("#head")).to_contain_text("Weekend")
        await page.goto(f"{place.url}/?user=1&chat=1")
        dialog = await opened(page, "Inline")
        await dialog.locator("text=Weekend").click()
        await dialog.locator(".main").click()
        await expect(page.locator(".composer textarea")).to_have_value("@kuotu_bot p7")
