"""Share in the Mini App, in headless Chromium: over the playground's chat, and where no message can be prepared."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from playwright.async_api import Browser, expect

from bot.bootstrap import Kuotu
from tests.support.browser import PHONE, page_of
from tests.support.launch import MEI, signed
from tests.support.scenes import card_at, group_of, post_by
from tests.support.wall import TOKEN, flat, wall_in

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("look", ["desk", "phone"])
async def test_the_picture_goes_to_the_chat_that_one_chooses(
    kuotu: Kuotu, newcomer: Any, browser: Browser, shots: Path, look: str
) -> None:
    in_group, bob = await group_of(newcomer, "Ann", "Bob")
    _result, post = await post_by(kuotu, await newcomer("Cat"))
    ann = await newcomer("Ann", user=in_group.user)
    card = await card_at(ann, post.id)
    address = f"{kuotu.address}?user={ann.user}&chat={ann.user}"
    async with page_of(browser, address, **(PHONE if look == "phone" else {})) as page:
        shown = page.locator(f".message[data-id='{card.id}']")
        await shown.locator(".keys button:has-text('⋯')").click()
        await shown.locator(".keys button:has-text('Web page')").click()
        share = page.frame_locator("dialog.app iframe").locator("#share")
        await share.click()
        await page.locator("dialog:not(.app) label:has-text('Friends')").click()
        await page.screenshot(path=shots / f"share-{look}-1-chats.png")
        await page.locator("dialog:not(.app) button:has-text('Send')").click()
        await expect(share).to_have_text("Sent")
        await page.screenshot(path=shots / f"share-{look}-2-sent.png")
        sent = await bob.wait_for(lambda m: "via_bot" in m.raw)
        assert str(sent.button("Open and react").url).endswith(f"?start=p{post.id}")
        await share.click()
        await page.locator("dialog:not(.app) button:has-text('Cancel')").click()
        await expect(share).to_be_enabled()
    assert len([m for m in bob.messages if "via_bot" in m.raw]) == 1


async def test_where_none_can_be_prepared_the_address_is_copied(tmp_path: Path, browser: Browser) -> None:
    async with wall_in(tmp_path) as wall:
        post = await wall.hang(flat(200, 150), "to share")
        data = signed(TOKEN, user=json.dumps(MEI), auth_date=str(int(time.time())))
        context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        page = await context.new_page()
        await page.add_init_script("delete Navigator.prototype.share")
        fragment = urlencode({"tgWebAppData": data, "tgWebAppVersion": "9.1"}, quote_via=quote)
        await page.goto(f"{wall.url}/post/{post.id}?lang=en#{fragment}")
        async with page.expect_response(f"**/post/{post.id}/share") as answer:
            await page.locator("#share").click()
        assert (await answer.value).status == 409
        await expect(page.locator("#spoken")).to_have_text("Link copied")
        assert await page.evaluate("navigator.clipboard.readText()") == f"{wall.url}/post/{post.id}"
        await context.close()
