"""Make the pictures of docs/using.md and docs/using.zh.md: the messages whose buttons the pages explain.

The bot, the playground and the browser are real, as for `chat_strip.py`, which says what is needed. A person acts
through the playground's own HTTP API, and each picture is a screenshot of one message in headless Chromium.

`.venv/bin/python scripts/using_pictures.py [FOLDER]`; FOLDER is docs/using unless given.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.async_api import Page

from bot.bootstrap import running
from bot.playground import Message, Person
from bot.settings import Settings
from inference.engine import EngineName
from tests.support.browser import PHONE, chromium, page_of

ROOT = Path(__file__).parents[1]
PHOTO = ROOT / "bot/playground/samples/coffee.jpg"
SCREEN = {"viewport": {"width": 400, "height": 1500}, "color_scheme": "light"}
SPEAKERS = {"en": (1, "en-GB", ""), "zh": (3, "zh-CN", ".zh")}  # person, locale of the browser, ending of the files
WIDTH = 400  # px of a picture
STYLES = 3
LARGEST = 12  # megapixels, so that five steps do not take long


async def main(folder: Path) -> None:
    for language, (number, locale, ending) in SPEAKERS.items():
        with tempfile.TemporaryDirectory() as data:
            own = {"data_dir": data, "telegram_token": "", "port": 0}  # the operator's settings stay out of it
            settings = Settings(**own, engine=EngineName.PATCHMATCH, workers=1, max_megapixels=LARGEST)
            async with running(settings) as kuotu, chromium() as browser:
                address = f"{kuotu.address}?user={number}&chat={number}"
                async with (
                    Person(kuotu.address, number, language=language) as person,
                    page_of(browser, address, locale=locale, **(PHONE | SCREEN)) as page,
                ):
                    async for name, message in conversation(person):
                        await picture(page, message, folder / f"{name}{ending}.jpg")


async def conversation(person: Person) -> AsyncIterator[tuple[str, Message]]:
    """Yield the messages that the pages show, with their names."""
    await person.say("/start")
    yield "start", await person.wait_for(lambda m: tapping(m, "og"))
    sent = await person.send_photo(PHOTO)
    panel = await person.wait_for(lambda m: tapping(m, "go") and m.id > sent.id)
    yield "panel", panel
    yield "adjust", await tapped(person, panel, "ad")
    await person.press_data(panel, tapping(panel, "go"))
    sheet = await person.wait_for(lambda m: sum(str(b.data).startswith("pv|") for b in m.buttons) == STYLES)
    yield "sheet", sheet
    await person.press_data(sheet, str(sheet.buttons[-1].data))
    result = await person.wait_for(lambda m: tapping(m, "tl"))
    yield "result", result
    yield "tools", await tapped(person, result, "tl")
    await person.press_data(result, f"jo|{tapping(result, 'tl').split('|')[1]}|0")
    yield "journey", await person.wait_for(lambda m: m.id > result.id and tapping(m, "pv") and not tapping(m, "ca"))
    consent = await answer(person, result, "pu", "py")
    title = await answer(person, consent, "py", "t0")
    yield "title", title
    first = next(button.label for button in title.buttons if str(button.data).startswith("ti|"))
    await tapped(person, title, "ti")
    yield "published", await person.wait_for(lambda m: m.id == result.id and tapping(m, "fe") and first in m.text)
    await person.say("/gallery")
    card = await person.wait_for(lambda m: tapping(m, "gn"))
    yield "card", card
    yield "orders", await tapped(person, card, "gq")
    await tapped(person, card, "gl")
    yield "more", await tapped(person, card, "gm")


def tapping(message: Message, tag: str) -> str:
    """Return the data of the button with a tag, or an empty string."""
    return next((str(b.data) for b in message.buttons if str(b.data).split("|")[0] == tag), "")


async def tapped(person: Person, message: Message, tag: str) -> Message:
    """Tap a button, and return the message once it has changed."""
    now = await person.wait_for(lambda m: m.id == message.id and tapping(m, tag))
    data = tapping(now, tag)
    await person.answer_to(await person.press_data(now, data))
    return await person.wait_for(lambda m: m.id == message.id and tapping(m, tag) != data, after=now.version)


async def answer(person: Person, message: Message, tag: str, expected: str) -> Message:
    """Tap a button, and return the message that has the expected one."""
    now = await person.wait_for(lambda m: m.id == message.id and (tapping(m, tag) or tapping(m, "tl")))
    data = tapping(now, tag) or f"{tag}|{tapping(now, 'tl').split('|')[1]}"
    await person.answer_to(await person.press_data(now, data))
    return await person.wait_for(lambda m: tapping(m, expected))


async def picture(page: Page, message: Message, path: Path) -> None:
    """Take a picture of a message once it is shown as it is now."""
    shown = page.locator(f".message[data-id='{message.id}']")
    await shown.wait_for()
    for button in message.buttons:
        await shown.get_by_text(button.label, exact=True).first.wait_for()
    await page.wait_for_function(
        "id => [...document.querySelectorAll(`.message[data-id='${id}'] img`)].every((one) => one.complete)",
        arg=message.id,
    )
    await page.wait_for_timeout(700)
    shot = Image.open(BytesIO(await shown.screenshot(animations="disabled"))).convert("RGB")
    shot.resize((WIDTH, round(shot.height * WIDTH / shot.width)), Image.Resampling.LANCZOS).save(
        path, quality=85, optimize=True
    )


if __name__ == "__main__":
    pictures = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/using"
    pictures.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(pictures))
