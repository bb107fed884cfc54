"""Make docs/chat.jpg and docs/chat.zh.jpg for the READMEs: four moments of one conversation, side by side.

The bot, the playground and the browser are real: the script runs Kuotu in a temporary folder, uses the chat page in
headless Chromium as a person does on a phone, and puts the four screenshots next to each other. It needs the extra
`[dev]`, Chromium, and fonts with emoji and Chinese (on Debian: fonts-noto-color-emoji and fonts-noto-cjk).

`.venv/bin/python scripts/chat_strip.py`
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.async_api import Locator, Page, expect

from bot.bootstrap import running
from bot.settings import Settings
from inference.engine import EngineName
from tests.support.browser import PHONE, chromium, page_of

ROOT = Path(__file__).parents[1]
PHOTO = ROOT / "bot/playground/samples/picos-12mp.jpg"  # 12 MP: large enough that the progress bar can be seen
SCREEN = {"viewport": {"width": 375, "height": 740}, "color_scheme": "light"}
FRAME, GAP, PAPER = 440, 20, "white"  # px of the strip


@dataclass(frozen=True)
class Words:
    """What the script looks for on the page, in one language."""

    person: int  # of the playground's people
    locale: str  # of the browser
    start: str
    attach: str
    photo: str
    expand: str
    wild: str


ENGLISH = Words(1, "en-GB", "START", "Attach", "Photo or video", "✨ Expand", "🌀")
CHINESE = Words(3, "zh-CN", "开始", "附件", "照片或视频", "✨ 扩图", "🌀")


async def main() -> None:
    for words, name in ((ENGLISH, "chat.jpg"), (CHINESE, "chat.zh.jpg")):
        frames = [Image.open(BytesIO(shot)) async for shot in conversation(words)]
        strip(frames).save(ROOT / "docs" / name, quality=82, optimize=True, progressive=True)


async def conversation(words: Words) -> AsyncIterator[bytes]:
    """Yield screenshots: the photo that was sent, the panel, the status with its bar, and the result.

    On a very fast machine the third may show the result already; then take a larger photo.
    """
    with tempfile.TemporaryDirectory() as folder:
        own = {"data_dir": folder, "telegram_token": "", "port": 0}  # the operator's settings stay out of it
        settings = Settings(**own, engine=EngineName.PATCHMATCH, workers=1, first_sheet=False)
        async with running(settings) as kuotu, chromium() as browser:
            address = f"{kuotu.address}?user={words.person}&chat={words.person}"
            async with page_of(browser, address, locale=words.locale, **(PHONE | SCREEN)) as page:
                await page.click(f"text={words.start}")
                photo = await send(page, words)
                panel = message_with(page, words.expand)
                await expect(panel).to_be_visible()
                await photo.evaluate("message => message.scrollIntoView({ block: 'end' })")
                yield await settled(page)
                await panel.evaluate("message => message.scrollIntoView({ block: 'end' })")
                await panel.locator(f".keys button:has-text('{words.wild}')").click()
                yield await settled(page)
                await panel.locator(f".keys button:has-text('{words.expand}')").click()
                bar, result = page.locator(".message code", has_text="▓"), message_with(page, "🔁")
                await bar.or_(result).first.wait_for()
                yield await page.screenshot()
                await expect(result).to_be_visible()
                yield await settled(page)


async def send(page: Page, words: Words) -> Locator:
    """Send the photo as a person does, with the paper clip; return its message."""
    await page.click(f"[aria-label={words.attach}]")
    async with page.expect_file_chooser() as chosen:
        await page.click(f"text={words.photo}")
    await (await chosen.value).set_files([PHOTO])
    await page.wait_for_selector("dialog.sending img")
    await page.press("dialog textarea", "Enter")
    return page.locator(".message.mine").last


async def settled(page: Page) -> bytes:
    """Take a screenshot once every picture is there and every animation has ended."""
    await page.wait_for_load_state("networkidle")
    await page.wait_for_timeout(1000)
    return await page.screenshot(animations="disabled")


def message_with(page: Page, label: str) -> Locator:
    return page.locator(".message", has=page.locator(f".keys button:has-text('{label}')")).last


def strip(frames: list[Image.Image]) -> Image.Image:
    """Put screenshots of one size side by side."""
    height = round(FRAME * frames[0].height / frames[0].width)
    sheet = Image.new("RGB", (len(frames) * (FRAME + GAP) - GAP, height), PAPER)
    for number, frame in enumerate(frames):
        small = frame.convert("RGB").resize((FRAME, height), Image.Resampling.LANCZOS)
        sheet.paste(small, (number * (FRAME + GAP), 0))
    return sheet


if __name__ == "__main__":
    asyncio.run(main())
