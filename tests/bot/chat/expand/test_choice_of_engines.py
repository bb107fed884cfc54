"""Engines on offer: a row behind ⚙, a choice that stays with its chain, and what is said where it is not there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from storage.models import Expansion
from tests.support.bot import kuotu_in
from tests.support.messages import is_panel, is_result
from tests.support.scenes import expansion_of, now, shown, taps, unfolded

KNOBS: dict[str, Any] = {"gate": False, "safety": "none", "watermark": False}  # the engines paint noise


@pytest.fixture(scope="module")
async def choosy(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kuotu]:
    folder: Path = tmp_path_factory.mktemp("choosy")
    offer = {"engine_choice": "patchmatch, words", **KNOBS}
    async with kuotu_in(folder, opener="tests.support.engines:open_engine", **offer) as kuotu:
        yield kuotu


@pytest.fixture
async def ann(newcomer: Any, choosy: Kuotu) -> Person:
    person: Person = await newcomer("Ann", address=choosy.address)
    return person


async def panel_of(person: Person, photo: bytes, words: str = "") -> Message:
    sent = await person.send_photo(photo, words)
    return await unfolded(person, await person.wait_for(lambda m: is_panel(m) and m.id > sent.id))


async def result_of(person: Person, message: Message, label: str) -> Message:
    mark = person.now
    await person.tap(message, label)
    return await person.wait_for(lambda m: is_result(m) and m.id > message.id, after=mark)


def engines(panel: Message) -> list[str]:
    return next(([b.label for b in row] for row in panel.rows if row[0].label == "Engine"), [])


async def made(kuotu: Kuotu, result: Message) -> Expansion:
    return shown(await kuotu.services.store.expansion(expansion_of(result)))


async def test_without_an_offer_there_is_no_row(chat: Person, photo: bytes) -> None:
    assert engines(await panel_of(chat, photo)) == []


async def test_the_choice_paints_and_stays(choosy: Kuotu, ann: Person, photo: bytes) -> None:
    panel = await panel_of(ann, photo, "a lighthouse")
    assert engines(panel) == ["Engine", "✓ patchmatch", "words"]
    assert "can't follow words" in panel.text
    assert "continues what the photo shows" in str(await ann.tap(panel, "Engine"))
    panel = await taps(ann, panel, "words")
    assert engines(panel) == ["Engine", "patchmatch", "✓ words"]
    assert "can't follow words" not in panel.text
    first = await result_of(ann, panel, "Expand")
    results = [first, await result_of(ann, first, "Again"), await result_of(ann, first, "Zoom out more")]
    chosen = [await made(choosy, result) for result in results]
    assert [(one.chosen_engine, one.model) for one in chosen] == [("words", "words")] * 3
    assert all("because" not in result.text for result in results)


async def test_what_is_not_on_offer_cannot_be_tapped(ann: Person, photo: bytes) -> None:
    panel = await panel_of(ann, photo)
    data = panel.button("words").data
    assert data is not None
    tapped = await ann.press_data(panel, data.replace("words", "sdxl"))
    assert (await ann.answer_to(tapped))["text"] == "This button is out of date; the newest one works."
    assert engines(now(ann, panel)) == ["Engine", "✓ patchmatch", "words"]


async def test_a_program_without_the_chosen_engine_paints_and_says_so(choosy: Kuotu, ann: Person, photo: bytes) -> None:
    panel = await panel_of(ann, photo)
    number = int(str(panel.button("words").data).split("|")[1])
    await choosy.services.store.panels.change(number, chosen_engine="sdxl")  # another program offers it
    result = await result_of(ann, panel, "Expand")
    assert "because sdxl wasn't available" in result.text
    row = await made(choosy, result)
    assert (row.chosen_engine, row.model) == ("sdxl", "")
