"""One worker whose styles have different engines, and what people are told of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import Kuotu
from bot.chat.cards.status import waiting_caption
from bot.chat.expand.recipe import choice_like
from bot.chat.texts import texts
from bot.playground import Person
from storage.models import Expansion, Status
from tests.support.bot import kuotu_in
from tests.support.messages import is_panel
from tests.support.scenes import expanded

KNOBS: dict[str, Any] = {"gate": False, "safety": "none", "watermark": False}  # the engines paint noise
CASTING = "faithful=patchmatch, playful=patchmatch, wild=words"


@pytest.fixture(scope="module")
async def cast(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kuotu]:
    folder: Path = tmp_path_factory.mktemp("cast")
    async with kuotu_in(folder, opener="tests.support.engines:open_engine", engine=CASTING, **KNOBS) as kuotu:
        yield kuotu


@pytest.fixture
async def ann(newcomer: Any, cast: Kuotu) -> Person:
    person: Person = await newcomer("Ann", address=cast.address)
    return person


async def made(kuotu: Kuotu, ann: Person) -> Expansion:
    mine = await kuotu.services.store.mine(ann.user)
    return mine.expansions[0]


async def test_the_style_decides_which_engine_paints(cast: Kuotu, ann: Person, photo: bytes) -> None:
    await expanded(ann, photo)
    faithful = await made(cast, ann)
    await expanded(ann, photo, "🌀")
    wild = await made(cast, ann)
    assert [(one.style, one.model) for one in (faithful, wild)] == [("faithful", ""), ("wild", "words")]
    assert faithful.recipe["reads"] == "nothing"
    assert wild.recipe["reads"] == "en"


async def test_the_panel_says_whether_the_styles_engine_reads_words(ann: Person, photo: bytes) -> None:
    await ann.send_photo(photo, "a lighthouse")
    panel = await ann.wait_for(is_panel)
    assert "can't follow words" in panel.text
    await ann.tap(panel, "🌀")
    await ann.wait_for(lambda m: is_panel(m) and "can't follow words" not in m.text)


async def test_people_are_told_how_long_the_styles_engine_takes(cast: Kuotu, ann: Person, photo: bytes) -> None:
    """Even before it has painted anything: its warm-up was one picture."""
    await expanded(ann, photo)
    waiting = await made(cast, ann)
    slow = cast.services.painting.for_style("wild")
    assert slow.seconds is not None
    assert cast.services.painting.for_style("faithful").seconds is None
    waiting.style, waiting.status = "wild", Status.WAITING
    waiting.source.width = waiting.source.height = 100
    said = await waiting_caption(cast.services, texts("en"), [waiting])
    assert "about 1 s" in said


async def test_a_recipe_gives_words_to_the_styles_whose_engine_reads_them(
    cast: Kuotu, ann: Person, photo: bytes
) -> None:
    await expanded(ann, photo, "🌀")
    liked = await made(cast, ann)
    liked.words = ["rubber-duck"]
    assert choice_like(cast.services, texts("zh"), liked).prompt == "a giant yellow rubber duck"
    liked.style = "faithful"
    assert choice_like(cast.services, texts("zh"), liked).prompt == ""
