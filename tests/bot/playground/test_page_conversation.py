"""A whole conversation with Kuotu in a browser, on desktop and phone."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from bot.hosting import free_port
from tests.support.bot import kuotu_in
from tests.support.browser import PHONE, page_of
from tests.support.photos import small_photo

pytestmark = pytest.mark.browser


async def send(page: Page, photo: bytes) -> None:
    await page.click("[aria-label=Attach]")
    async with page.expect_file_chooser() as chosen:
        await page.click("text=Photo or video")
    await (await chosen.value).set_files([{"name": "photo.png", "mimeType": "image/png", "buffer": photo}])
    await page.wait_for_selector("dialog.sending img")
    await page.press("dialog textarea", "Enter")


def message_with(page: Page, label: str) -> Locator:
    return page.locator(".message", has=page.locator(f".keys button:has-text('{label}')")).last


async def tap(message: Locator, label: str) -> None:
    await message.locator(f".keys button:has-text('{label}')").first.click()


@pytest.mark.parametrize("look", ["desk", "phone"])
async def test_photo_tap_result_reroll_publish_gallery_and_old_buttons(
    tmp_path: Path, browser: Browser, shots: Path, look: str
) -> None:
    port = free_port("127.0.0.1")
    size = PHONE if look == "phone" else {}
    async with AsyncExitStack() as before:
        kuotu = await before.enter_async_context(kuotu_in(tmp_path, port=port))
        async with page_of(browser, f"{kuotu.address}?user=1&chat=1", **size) as page:
            result = await expand(page, shots, look)
            await tap(result, "Again")
            await expect(page.locator(".keys button:has-text('Again')")).to_have_count(2)
            await publish(page, shots, look)
            await before.aclose()
            async with kuotu_in(tmp_path, port=port, work=False):
                await tap(result, "⋯")
                await tap(message_with(page, "Download"), "Adjust")
                await expect(message_with(page, "✨ Expand")).to_contain_text("640 × 424 px")
                await page.screenshot(path=shots / f"{look}-4-after-restart.png")


async def expand(page: Page, shots: Path, look: str) -> Locator:
    await page.click("text=START")
    await send(page, small_photo())
    panel = message_with(page, "✨ Expand")
    await tap(panel, "Adjust")
    await tap(panel, "1:1")
    await expect(panel).to_contain_text("160 × 160 px")
    await tap(panel, "2×")
    await expect(panel).to_contain_text("320 × 212 px")
    await page.screenshot(path=shots / f"{look}-1-panel.png")
    await tap(panel, "Expand")
    await expect(message_with(page, "Again")).to_contain_text("2×")
    await page.screenshot(path=shots / f"{look}-2-result.png")
    return message_with(page, "Again")


async def publish(page: Page, shots: Path, look: str) -> None:
    await tap(message_with(page, "Again"), "Publish")
    await tap(message_with(page, "Not now"), "Publish")
    await tap(message_with(page, "No title"), "“")
    await page.fill(".composer textarea", "/gallery")
    await page.press(".composer textarea", "Enter")
    await expect(page.locator(".message").last).to_contain_text("“")
    await page.screenshot(path=shots / f"{look}-3-gallery.png")
