"""The playground stores equal files once, and forgets at its start what no message shows any more."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp import ClientSession
from PIL import Image
from telegram import InputMediaPhoto
from telegram.error import BadRequest

from bot.playground.tidying import EACH
from tests.support.playground import picture, site


def bytes_in(folder: Path) -> int:
    return sum(file.stat().st_size for file in (folder / "files").rglob("*") if file.is_file())


async def test_equal_files_are_stored_once(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        bot, ann = await here.bot(), await here.person()
        await ann.say("hello")
        first = await bot.send_document(1, picture(200, 100), filename="a.png")
        once = bytes_in(tmp_path)
        second = await bot.send_document(1, picture(200, 100), filename="a.png")
        assert first.document is not None
        assert second.document is not None
        assert first.document.file_id != second.document.file_id
        assert bytes_in(tmp_path) == once


async def test_smaller_sizes_of_a_photo_are_made_when_somebody_looks(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        bot, ann = await here.bot(), await here.person()
        sent = await ann.send_photo(picture(2000, 1000))
        (stored,) = (path for path in (tmp_path / "files").rglob("*") if path.is_file())
        assert stored.stat().st_size == sent["photo"][-1]["file_size"]
        for size in sent["photo"]:
            data = await (await bot.get_file(size["file_id"])).download_as_bytearray()
            async with ClientSession(here.url) as page, page.get(f"/playground/files/{size['file_id']}") as answer:
                assert (answer.status, answer.content_type, await answer.read()) == (200, "image/jpeg", data)
            assert Image.open(BytesIO(data)).size == (size["width"], size["height"])
        whole = (await bot.get_file(sent["photo"][-1]["file_id"])).file_path or ""
        for size in ("9999x9999", "0x0", "1300x10", "90x"):
            async with ClientSession() as http, http.get(f"{whole.removesuffix('.jpg')}.{size}.jpg") as answer:
                assert answer.status == 404


async def test_what_an_edit_replaced_goes_while_the_playground_runs(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        bot, ann = await here.bot(), await here.person()
        sent = await ann.send_photo(picture(300, 200))
        panel = await bot.send_photo(1, picture(320, 200))
        old = {path for path in (tmp_path / "files").rglob("*") if path.is_file()}
        for path in old:
            os.utime(path, (0, 0))
        for number in range(EACH - 1):
            shown = InputMediaPhoto(picture(40 + number, 40))
            panel = await bot.edit_message_media(shown, 1, panel.message_id)  # type: ignore[assignment]
        left = {path for path in (tmp_path / "files").rglob("*") if path.is_file()}
        assert len(old - left) == 1  # the young ones may be on their way into a message
        assert await ann.download(sent)


async def test_what_an_edit_replaced_is_is_gone_after_the_next_start(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        bot, ann = await here.bot(), await here.person()
        sent = await ann.send_photo(picture(300, 200))
        panel = await bot.send_photo(1, picture(320, 200))
        await bot.edit_message_media(InputMediaPhoto(picture(200, 320)), 1, panel.message_id)
        data, before = await ann.download(sent), bytes_in(tmp_path)
    (tmp_path / "files" / "left by a crash").write_bytes(b"x")
    async with site(tmp_path) as here:
        bot, ann = await here.bot(), await here.person()
        assert bytes_in(tmp_path) < before
        assert not (tmp_path / "files" / "left by a crash").exists()
        assert await ann.download(sent) == data
        assert await ann.download(await ann.wait_for(lambda message: message.id == panel.message_id))
        with pytest.raises(BadRequest, match="file"):
            await bot.send_photo(1, panel.photo[-1].file_id)
