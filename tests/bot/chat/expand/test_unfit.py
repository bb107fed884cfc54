"""When nothing that was painted can be shown, the chat says so and offers the other styles."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import Kuotu
from bot.playground import Person
from storage.models import Status
from tests.support.bot import kuotu_in
from tests.support.messages import is_panel
from tests.support.photos import small_photo

KNOBS: dict[str, Any] = {"safety": "none", "watermark": False}


@pytest.fixture(scope="module")
async def picky(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kuotu]:
    """A bot whose faithful engine paints noise, which the gate refuses."""
    folder: Path = tmp_path_factory.mktemp("picky")
    casting = "faithful=words, playful=patchmatch, wild=patchmatch"
    async with kuotu_in(folder, opener="tests.support.engines:open_engine", engine=casting, **KNOBS) as kuotu:
        yield kuotu


@pytest.fixture
async def ann(newcomer: Any, picky: Kuotu) -> Person:
    person: Person = await newcomer("Ann", address=picky.address)
    return person


async def test_other_styles_are_offered_at_once_and_tried_with_one_tap(picky: Kuotu, ann: Person) -> None:
    await ann.send_document(small_photo("coffee", longest=400))
    await ann.tap(await ann.wait_for(is_panel), "Expand")
    sorry = await ann.wait_for(lambda m: "couldn't make anything presentable" in m.text)
    assert sorry.labels == ["🔁 Try again", "🎈 Playful", "🌀 Wild"]
    assert {one.status for one in await picky.services.store.expansions([1])} == {Status.FAILED}
    await ann.tap(sorry, "Wild")
    await ann.wait_for(lambda m: m.id > sorry.id and "Wild" in m.text)
    ended = await picky.services.store.expansions([1, 2])
    assert [one.style for one in ended] == ["faithful", "wild"]
    assert (ended[0].left, ended[0].top) == (ended[1].left, ended[1].top)
