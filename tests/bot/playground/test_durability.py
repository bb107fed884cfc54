"""Everything that was answered survives a SIGKILL: conversation, updates and buttons."""

from __future__ import annotations

from pathlib import Path

from aiohttp import ClientSession
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup

from bot.playground import Person
from tests.support.photos import SAMPLES
from tests.support.playground import start_process


async def test_everything_survives_a_sigkill(tmp_path: Path) -> None:
    first = await start_process(tmp_path)
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Go on", callback_data="on")]])
    port = int(first.url.rpartition(":")[2])
    async with Person(first.url, 1) as ann:
        async with Bot(first.token, base_url=f"{first.url}/bot") as bot:
            await ann.say("confirmed")
            (update,) = await bot.get_updates(timeout=5, allowed_updates=["message", "callback_query"])
            panel = await bot.send_photo(1, SAMPLES / "coffee.jpg", reply_markup=keys)
            await bot.get_updates(offset=update.update_id + 1)
            photo = await ann.send_photo(SAMPLES / "chelsea.jpg", "not delivered")
            data = await ann.download(photo)
        before = [message.raw for message in ann.messages]
        await first.kill()

        second = await start_process(tmp_path, port)
        try:
            async with Bot(second.token, base_url=f"{second.url}/bot") as bot:
                (update,) = await bot.get_updates(timeout=5)
                assert update.message.caption == "not delivered"
                old = await ann.wait_for(lambda m: m.id == panel.message_id)
                query = await ann.press(old, "Go on")
                (update,) = await bot.get_updates(offset=update.update_id + 1, timeout=5)
                assert update.callback_query.data == "on"
                await update.callback_query.answer("still here")
                # Ann never left: her stream came back by itself.
                assert (await ann.answer_to(query))["text"] == "still here"
                assert [message.raw for message in ann.messages] == before
                async with Person(second.url, 1) as again:
                    assert [message.raw for message in again.messages] == before
                    assert await again.download(photo) == data
                await bot.edit_message_caption(1, panel.message_id, caption="edited after all")
                assert (await ann.wait_for(lambda m: m.text == "edited after all")).id == panel.message_id
        finally:
            await second.kill()


async def test_the_program_serves_its_page_and_says_where(tmp_path: Path) -> None:
    running = await start_process(tmp_path)
    try:
        async with ClientSession() as session, session.get(running.url) as response:
            assert (response.status, response.content_type) == (200, "text/html")
        running.process.terminate()
        assert await running.process.wait() == 0
    finally:
        await running.kill()
