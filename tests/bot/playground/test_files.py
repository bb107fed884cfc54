"""The playground stores equal files once, and forgets at its start what no message shows any more."""

from __future__ import annotations

from pathlib import Path

import pytest
from telegram import InputMediaPhoto
from telegram.error import BadRequest

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


async def test_what_an_edit_replaced_is_gone_after_the_next_start(tmp_path: Path) -> None:
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
