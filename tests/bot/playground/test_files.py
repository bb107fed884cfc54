"""The playground stores equal files once, and forgets at its start what no message shows any more."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp import ClientSession
from PIL import Image
from telegram import InputMediaDocument, InputMediaPhoto
from telegram.error import BadRequest

from bot.playground.files import Stored
from bot.playground.store import Store
from bot.playground.tidying import EACH, SPARE, drop_unused
from tests.support.playground import picture, site


def files_in(folder: Path) -> set[Path]:
    return {path for path in (folder / "files").rglob("*") if path.is_file()}


def bytes_in(folder: Path) -> int:
    return sum(file.stat().st_size for file in files_in(folder))


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
        panel = await bot.send_document(1, b"x" * SPARE, filename="old.bin")
        for number in range(EACH):
            for path in files_in(tmp_path):
                os.utime(path, (0, 0))
            shown = InputMediaDocument(bytes([number]) * (SPARE // 2), filename=f"{number}.bin")
            panel = await bot.edit_message_media(shown, 1, panel.message_id)  # type: ignore[assignment]
        assert bytes_in(tmp_path) < 2.1 * SPARE  # of 3.5: what is spare, what is shown, and what came since
        assert await ann.download(sent)


@pytest.mark.parametrize(
    ("written", "spare", "left"),
    [
        pytest.param([1, 2, 3], 0, "", id="all that is old"),
        pytest.param([1, 2, 3], 20, "bc", id="the newest may come back"),
        pytest.param([3, 2, 1], 25, "ab", id="whatever they are called"),
        pytest.param([9, 2, 3], 0, "a", id="the young may be on their way"),
        pytest.param([9, 9, 3], 20, "ab", id="the young count as spare"),
        pytest.param([1, 2, 3], 30, "abc", id="there is room for all"),
    ],
)
async def test_which_unused_files_go(tmp_path: Path, written: list[int], spare: int, left: str) -> None:
    async with site(tmp_path) as here:
        bot = await here.bot()
        await (await here.person()).send_photo(picture(300, 200))
        await bot.send_photo(1, picture(320, 200))
    files = [Stored(name, 10, moment) for name, moment in zip("abc", written, strict=True)]
    store = Store(tmp_path / "playground.db", 1, lambda: 0.0, lambda world: None)
    gone = await store.transact(lambda world: drop_unused(world, files, 5.0, spare))
    assert sorted(set("abc") - set(gone)) == list(left)
    await store.close()


async def test_an_edit_can_bring_back_what_was_shown_just_before(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        bot, ann = await here.bot(), await here.person()
        await ann.say("hello")
        panel = await bot.send_photo(1, picture(320, 200))
        before = panel.photo[-1].file_id
        for number in range(2 * EACH):
            shown = InputMediaPhoto(picture(40 + number, 40))
            await bot.edit_message_media(shown, 1, panel.message_id)
        await bot.edit_message_media(InputMediaPhoto(before), 1, panel.message_id)
        assert await ann.download(await ann.wait_for(lambda message: message.id == panel.message_id))


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
