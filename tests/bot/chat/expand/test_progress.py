"""The status message shows the true place in the queue, then a progress bar, and then becomes the picture."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.bootstrap import Kuotu
from bot.chat.cards.widgets import bar
from bot.playground import Person
from storage.database import open_database
from storage.models import Worker
from tests.support.databases import sqlite_in
from tests.support.jobs import wait_long
from tests.support.messages import is_panel, is_result, is_status
from tests.support.photos import SAMPLES
from tests.support.scenes import start_a_long_one

Newcomer = Callable[..., Awaitable[Person]]
Fresh = Callable[..., Awaitable[Kuotu]]


async def test_the_place_in_the_queue_is_true_and_moves(fresh_with: Fresh, newcomer: Newcomer) -> None:
    kuotu = await fresh_with()
    ann, ben, cid = [await newcomer(name, address=kuotu.address) for name in ("Ann", "Ben", "Cid")]
    for person, sample in ((ann, "picos-12mp.jpg"), (ben, "picos.jpg"), (cid, "chelsea.jpg")):  # hers takes longest
        await person.send_photo(SAMPLES / sample)
    panels = [await person.wait_for(is_panel) for person in (ann, ben, cid)]
    for person, panel in zip((ann, ben, cid), panels, strict=True):
        await person.press(panel, "✨ Expand")
        last = await person.wait_for(is_status)
    assert "⏳ One ahead of you" in last.text
    moved = await cid.wait_for(
        lambda m: m.id == last.id and ("Next in line" in m.text or is_result(m)), after=cid.now - 1
    )
    assert moved.id == last.id
    assert (await cid.wait_for(is_result)).id == last.id


async def test_whoever_waits_for_what_nobody_serves_is_told_until_somebody_does(
    fresh_with: Fresh, newcomer: Newcomer, tmp_path: Path, photo: bytes
) -> None:
    kuotu = await fresh_with(work=False)
    services = kuotu.services
    ann = await newcomer("Ann", address=kuotu.address)
    await ann.send_document(photo)
    await ann.press(await ann.wait_for(is_panel), "✨ Expand")
    status = await ann.wait_for(is_status)
    assert "⏳ Next in line" in status.text
    database = await open_database(sqlite_in(tmp_path / "data"))
    await wait_long(database)
    await database.dispose()
    for _look in range(2):
        services.shortage.note(missing := await services.workers.missing())
    assert sum(missing.values()) == 1
    await ann.wait_for(lambda m: m.id == status.id and "Nothing here can make this right now." in m.text)
    await services.workers.seen(
        Worker(name="box:1", engine="patchmatch", model="", devices=1, presets=list(missing), memory=0)
    )
    services.shortage.note(await services.workers.missing())
    await ann.wait_for(lambda m: m.id == status.id and "⏳ Next in line" in m.text)


async def test_a_running_expansion_shows_its_bar(chat: Person) -> None:
    status = await start_a_long_one(chat)
    running = await chat.wait_for(lambda m: m.id == status.id and ("▓" in m.text or "░" in m.text))
    assert "%" in running.text
    assert (await chat.wait_for(is_result)).id == status.id


@pytest.mark.parametrize(("fraction", "full"), [(-0.1, 0), (0.0, 0), (0.5, 6), (1.0, 12), (1.7, 12)])
def test_the_bar_is_as_full_as_it_says(fraction: float, full: int) -> None:
    assert bar(fraction) == "▓" * full + "░" * (12 - full)
