"""The chat page in headless Chromium, with a real bot behind it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, expect

from tests.support.browser import PHONE, page_of, talking
from tests.support.photos import SAMPLES
from tests.support.playground import Site, picture, site, start_process

pytestmark = pytest.mark.browser
LAST = ".message >> nth=-1"
SOLID = "() => getComputedStyle(Object.assign(document.body, { style: 'outline-color: var(--solid)' })).outlineColor"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as place, talking(place.url, place.playground.token):
        yield place


async def pick(page: Page, *paths: Path) -> None:
    """Choose files with the paper clip button."""
    await page.click("[aria-label=Attach]")
    async with page.expect_file_chooser() as chosen:
        await page.click("text=Photo or video")
    await (await chosen.value).set_files(paths)
    await page.wait_for_selector("dialog.sending img")


async def say(page: Page, text: str) -> None:
    await page.fill(".composer textarea", text)
    await page.press(".composer textarea", "Enter")


async def test_a_conversation_at_a_desk(browser: Browser, place: Site) -> None:
    async with page_of(browser, place.url) as page:
        await page.click("text=START")
        await expect(page.locator(".words strong")).to_have_text("Ann")
        await page.click(".spoiler")
        await expect(page.locator(".spoiler.shown")).to_have_text("surprise")

        await pick(page, SAMPLES / "coffee.jpg")
        await page.fill("dialog textarea", "my morning")
        await page.press("dialog textarea", "Enter")
        panel = page.locator(".message", has_text="Which way?")
        await expect(panel.locator(".quote")).to_contain_text("my morning")
        await panel.locator("text=Toast").click()
        await expect(page.locator("#toast.on")).to_have_text("A toast")
        await panel.locator("text=Alert").click()
        await page.click("dialog:has-text('An alert') >> text=OK")
        await panel.locator("text=Silent").click()
        await expect(panel.locator("text=Silent")).to_have_attribute("aria-busy", "true")

        box = await panel.locator(".media").bounding_box()
        assert box is not None
        assert box["width"] / box["height"] == pytest.approx(600 / 400, rel=0.01)
        await panel.locator("text=Other picture").click()
        changed = page.locator(".message", has_text="Changed")
        await expect(changed.locator(".meta")).to_contain_text("edited")
        await expect(changed.locator(".keys button")).to_have_text(["Toast"])
        assert (
            await changed.locator(".media img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 90
        )


async def test_reactions_replies_edits_and_deletion(browser: Browser, place: Site) -> None:
    async with page_of(browser, f"{place.url}/?user=2") as page:
        await page.click("text=START")
        await say(page, "first")
        echoed = page.locator(".message", has_text="You said first")
        await echoed.click(button="right")
        await page.click(".strip >> text=🤯")
        await expect(page.locator(LAST)).to_contain_text("You feel 🤯")
        chip = echoed.locator(".chips button")
        await expect(chip).to_have_attribute("aria-pressed", "true")
        await chip.click()
        await expect(page.locator(LAST)).to_contain_text("You feel nothing")
        await expect(chip).to_have_count(0)

        await echoed.click(button="right")
        await page.click(".items >> text=Reply")
        await say(page, "second")
        await expect(page.locator(LAST)).to_contain_text("You said second to You said first")

        mine = page.locator(".message.mine", has_text="second")
        await mine.click(button="right")
        await page.click(".items >> text=Edit")
        await page.fill(".composer textarea", "third")
        await page.click("[aria-label=Send]")
        edited = page.locator(".message.mine", has_text="third")
        await expect(edited.locator(".meta")).to_contain_text("edited")
        await edited.click(button="right")
        await page.click(".items >> text=Delete")
        await expect(edited).to_have_count(0)

        await say(page, "/title")
        await expect(page.locator(".answering")).to_contain_text("A title?")
        await say(page, "Whale in the kitchen")
        await expect(page.locator(LAST)).to_contain_text("You said Whale in the kitchen to A title?")


async def test_keyboard_alone_is_enough(browser: Browser, place: Site) -> None:
    async with page_of(browser, place.url) as page:
        await page.focus("text=START")
        await page.keyboard.press("Enter")
        await expect(page.locator(".composer textarea")).to_be_focused()
        await page.keyboard.type("/ti")
        await expect(page.locator(".popup button")).to_have_count(1)
        await page.keyboard.press("Tab")
        await expect(page.locator(".answering")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.keyboard.press("ArrowUp")
        await expect(page.locator(LAST)).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator(".items button").first).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog")).to_have_count(0)


async def test_albums_files_drops_and_the_viewer(browser: Browser, place: Site) -> None:
    async with page_of(browser, place.url) as page:
        await page.click("text=START")
        await page.wait_for_selector(".composer")
        await pick(page, SAMPLES / "coffee.jpg", SAMPLES / "chelsea.jpg", SAMPLES / "rocket.jpg")
        await page.click("dialog button.main")
        await expect(page.locator(".mine .album .media")).to_have_count(3)
        await page.click(".mine .album .media >> nth=0")
        await expect(page.locator("dialog.viewer img")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog")).to_have_count(0)

        dropped = """async ([bytes, name]) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], name, {type: "image/png"}));
            for (const kind of ["dragenter", "dragover", "drop"])
                document.getElementById("chat").dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true}));
        }"""
        original = picture(500, 300)
        await page.evaluate(dropped, [list(original), "drawing.png"])
        await page.click("dialog >> text=As file")
        await page.click("dialog button.main")
        await expect(page.locator(".document")).to_contain_text("drawing.png")
        async with page.expect_download() as download:
            await page.click(".document")
        assert await asyncio.to_thread(Path(await (await download.value).path()).read_bytes) == original


async def test_an_empty_group_says_what_the_bot_answers_there_and_the_open_chat_stays_readable(
    browser: Browser, place: Site
) -> None:
    async with page_of(browser, place.url) as page:
        await page.click("#chats >> text=Weekend")
        await expect(page.locator(".empty")).to_contain_text("only what is meant for it: /start – Begin")
        open_chat = page.locator("#chats button:hover")  # white on what must not become pale
        await expect(open_chat).to_have_css("background-color", await page.evaluate(SOLID))


async def test_several_people_in_a_group(browser: Browser, place: Site) -> None:
    async with page_of(browser, f"{place.url}/?user=1&chat=-5") as page:
        await say(page, "Hello both")
        await page.click("#people >> text=Ben")
        await expect(page.locator(".message", has_text="Hello both")).not_to_have_class("mine")
        await page.fill(".composer textarea", "/start")
        await page.click("[aria-label=Send]")
        await expect(page.locator(LAST)).to_contain_text("Hello Ben")
        await expect(page.locator("#people button", has_text="Ann").locator(".badge")).to_have_text("2")
        assert "user=2&chat=-5" in page.url
        await page.click("#people >> text=New")
        await page.fill("dialog input[type=text]", "Zoé")
        await page.press("dialog input[type=text]", "Enter")
        await expect(page.locator("#people [aria-checked=true]")).to_contain_text("Zoé")
        await page.click("#new-group")
        await page.fill("dialog input[type=text]", "Trip")
        await page.press("dialog input[type=text]", "Enter")
        await expect(page.locator("#head")).to_contain_text("5 members")
        await expect(page.locator(".service")).to_have_text(["Zoé created the group"])


async def test_a_phone_has_one_pane_and_chinese_words(browser: Browser, place: Site) -> None:
    async with page_of(browser, f"{place.url}/?user=3", locale="zh-CN", **PHONE) as page:
        await expect(page.locator("#chat")).not_to_be_visible()
        await page.tap("#chats button:has-text('Kuotu')")
        await page.tap("text=开始")
        await expect(page.locator(".words strong")).to_have_text("小梅")
        await page.tap("[aria-label=附件]")
        await page.tap("text=示例照片")
        await page.tap(".popup [aria-label=chelsea]")
        panel = page.locator(".message", has_text="Which way?")
        await expect(panel).to_be_in_viewport()
        await panel.locator("text=Toast").tap()
        await expect(page.locator("#toast.on")).to_have_text("A toast")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        picture_box, bubble_box = [await panel.locator(one).bounding_box() for one in (".media", ".bubble")]
        assert picture_box is not None
        assert bubble_box is not None
        assert picture_box["width"] <= bubble_box["width"]
        await page.tap("[aria-label=返回]")
        await expect(page.locator("#side")).to_be_visible()
        await expect(page.locator("#chat")).not_to_be_visible()


async def test_a_long_history_comes_page_by_page(browser: Browser, place: Site) -> None:
    ann = await place.person(1, -5)
    for number in range(70):
        await ann.say(f"line {number}")
    async with page_of(browser, place.url) as page:
        await page.route("**/chats/-5?before=*", lambda request: request.abort("connectionreset"), times=1)
        await page.goto(f"{place.url}/?user=1&chat=-5")
        await scroll_up_until(page, "document.querySelector('#toast.on')")  # the first request fails
        await scroll_up_until(page, "document.querySelectorAll('.message').length === 70")
        await expect(page.locator(".message").first).to_contain_text("line 0")


async def test_a_chat_that_could_not_be_loaded_is_loaded_at_the_next_visit(browser: Browser, place: Site) -> None:
    ann = await place.person(1, -5)
    await ann.say("still here")
    async with page_of(browser, f"{place.url}/?user=1") as page:
        await page.route("**/chats/-5", lambda request: request.abort("connectionreset"), times=1)
        group = page.locator("#chats button", has_text="still here")
        await group.click()
        await expect(page.locator("#toast.on")).to_be_visible()
        await page.locator("#chats button:has-text('Kuotu')").click()
        await group.click()
        await expect(page.locator(".message")).to_contain_text("still here")


async def scroll_up_until(page: Page, seen: str) -> None:
    """Scroll to the top, and down a little and up again, as a reader does for whom nothing appears."""
    scrolled = "const list = document.getElementById('scroll'); list.scrollTop = list.scrollTop ? 0 : 100"
    await page.evaluate(
        f"async () => {{ while (!({seen})) {{ {scrolled}; await new Promise(requestAnimationFrame); }} }}"
    )


async def test_the_page_outlives_the_server(browser: Browser, tmp_path: Path) -> None:
    async with AsyncExitStack() as running:
        first = await start_process(tmp_path)
        running.push_async_callback(first.kill)
        page = await running.enter_async_context(page_of(browser, first.url))
        async with talking(first.url, first.token):
            await page.click("[aria-label=coffee]")
            panel = page.locator(".message", has_text="Which way?")
            await expect(panel).to_be_visible()
        await first.kill()
        await expect(page.locator("#head .state")).to_contain_text("Connecting")
        await page.evaluate("document.querySelector('.message').dataset.kept = 'yes'")
        await page.route("**/playground/state", lambda request: request.abort("connectionreset"), times=1)
        second = await start_process(tmp_path, int(first.url.rpartition(":")[2]))
        running.push_async_callback(second.kill)
        async with talking(second.url, second.token):
            await expect(page.locator("#head .state")).to_have_text("bot")
            await panel.locator("text=Toast").click()
            await expect(page.locator("#toast.on")).to_have_text("A toast")
            # Nothing was drawn again that had not changed.
            await expect(page.locator(".message[data-kept]")).to_have_count(1)


async def test_a_channel_is_read_by_some_and_written_by_others(browser: Browser, place: Site) -> None:
    async with page_of(browser, f"{place.url}/?user=2&chat=-1001000000000") as page:
        await expect(page.locator("#head .state")).to_have_text("3 subscribers")
        assert await page.locator(".composer textarea").count() == 0
        await page.click("text=POST AS Ann")
        await say(page, "News!")
        await expect(page.locator(LAST)).to_contain_text("News!")
        await expect(page.locator(f"{LAST} >> .author")).to_contain_text("Outrageous")
        await page.click("#people >> text=Ben")
        await page.locator(LAST).click(button="right")
        assert await page.locator("dialog >> text=Reply").count() == 0
        await page.click("dialog .strip >> text=👍")
        chip = page.locator(f"{LAST} >> .chips button")
        await expect(chip).to_have_text("👍1")
        assert await chip.locator(".avatar").count() == 0


async def test_a_new_channel_with_the_bot_in_it(browser: Browser, place: Site) -> None:
    async with page_of(browser, f"{place.url}/?user=1&chat=1") as page:
        await page.click("#new-group")
        await page.fill("dialog input[type=text]", "Mine")
        await page.click("dialog .seg >> text=Channel")
        await page.click("dialog >> text=Create")
        await expect(page.locator("#head .name")).to_have_text("Mine")
        await expect(page.locator("#log .service")).to_have_text("Channel created")
        await expect(page.locator(".composer textarea")).to_be_visible()


async def test_a_mini_app_is_a_sheet_over_the_chat(browser: Browser, place: Site) -> None:
    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="<p>hello</p>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/app", hello)
    runner = web.AppRunner(app)
    await runner.setup()
    place.exits.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/app"
    button = {"type": "web_app", "text": "Gallery", "web_app": {"url": url}}
    await (await place.person(1)).say("hello")
    await place.call("setChatMenuButton", menu_button=button)
    async with page_of(browser, f"{place.url}/?user=1&chat=1") as page:
        await page.click(".composer .menu")
        frame = page.locator("dialog.app iframe")
        await expect(frame).to_have_attribute("src", re.compile(r"/app#tgWebAppData=.*hash"))
        await expect(page.frame_locator("dialog.app iframe").locator("p")).to_have_text("hello")
        await page.click("dialog.app [aria-label=Close]")
        await expect(frame).to_have_count(0)
