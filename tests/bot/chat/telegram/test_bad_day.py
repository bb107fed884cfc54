"""One fault in one call of a conversation: nothing is lost, nothing stays stuck, and no result comes twice."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from bot.playground.playground import DEFAULT_TOKEN
from storage.models import MessageKind
from tests.support.bad_day import BadDay, Fault, bad_day
from tests.support.bot import kuotu_in
from tests.support.jobs import all_shown
from tests.support.messages import is_panel, is_result, is_status
from tests.support.photos import SAMPLES
from tests.support.scenes import felt

_people = itertools.count(9000)
BEFORE = (Fault.ERROR, Fault.RESET, Fault.FLOOD)
AFTER = (Fault.DONE_ERROR, Fault.DONE_RESET, Fault.DONE_HALF, Fault.DONE_NONSENSE)


@pytest.fixture(scope="module")
async def day(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[BadDay]:
    async with bad_day(tmp_path_factory.mktemp("bad-day")) as day:
        yield day


@pytest.fixture(scope="module", autouse=True)
async def kuotu(day: BadDay, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kuotu]:
    knobs = {"telegram_token": DEFAULT_TOKEN, "telegram_api": day.address}
    async with kuotu_in(tmp_path_factory.mktemp("bot"), **knobs) as kuotu:
        yield kuotu


@pytest.fixture
async def ann(day: BadDay) -> AsyncIterator[Person]:
    async with Person(day.address, next(_people), name="Ann", language="en") as ann:
        yield ann
    assert not any(day.faults.values()), "every fault was met"


def counted(chat: Person, wanted: Callable[[Message], bool]) -> int:
    return sum(map(wanted, chat.messages))


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("method", ["getFile", "sendChatAction", "sendPhoto"])
async def test_a_photo_always_gets_a_panel_that_works(
    day: BadDay, ann: Person, photo: bytes, method: str, fault: Fault
) -> None:
    day.fail(method, fault)
    await ann.send_document(photo)
    panel = await ann.wait_for(lambda m: is_panel(m) and not day.faults[method.lower()])
    if method == "sendPhoto" and fault in AFTER:  # the bot cannot know that the first one arrived, until it is tapped
        newest = await ann.wait_for(lambda m: is_panel(m) and m.id > panel.id)
        assert await ann.tap(panel, "2×") == "This one was sent twice; please use the other one."
        await ann.wait_gone(panel)
        panel = newest
    await ann.tap(panel, "Wild")
    await ann.wait_for(lambda m: m.id == panel.id and "✓ 🌀 Wild" in m.labels)
    assert counted(ann, is_panel) == 1


async def test_a_start_on_a_panel_that_came_twice_starts(day: BadDay, ann: Person, photo: bytes) -> None:
    day.fail("sendPhoto", Fault.DONE_RESET)
    await ann.send_document(photo)
    panel = await ann.wait_for(lambda m: is_panel(m) and counted(ann, is_panel) == 2)
    first = min(panel.id, *(message.id for message in ann.messages if is_panel(message)))
    await ann.press(first, "Expand")
    await ann.wait_gone(first)
    await ann.wait_for(is_result)
    assert (counted(ann, is_panel), counted(ann, is_result)) == (1, 1)


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("method", ["answerCallbackQuery", "sendPhoto", "editMessageMedia"])
async def test_a_tap_on_expand_always_ends_in_one_result(
    day: BadDay, ann: Person, kuotu: Kuotu, photo: bytes, method: str, fault: Fault
) -> None:
    await ann.send_document(photo)
    panel = await ann.wait_for(is_panel)
    day.fail(method, fault)
    await ann.press(panel, "Expand")
    result = await ann.wait_for(is_result)
    assert counted(ann, is_result) == 1
    strays = [message for message in ann.messages if is_status(message)]
    assert len(strays) == (1 if method == "sendPhoto" and fault in AFTER else 0)
    for stray in strays:
        await ann.tap(stray, "Cancel")
        await ann.wait_gone(stray)
    assert await felt(ann, result, "🤣") == "🤣"
    await all_shown(kuotu, ann.user)
    assert counted(ann, is_result) == 1


@pytest.mark.parametrize("method", ["answerCallbackQuery", "sendPhoto", "editMessageMedia"])
async def test_after_a_tap_whose_fate_was_unknown_another_one_expands(
    day: BadDay, ann: Person, photo: bytes, method: str
) -> None:
    await ann.send_document(photo)
    panel = await ann.wait_for(is_panel)
    day.fail(method, Fault.DONE_RESET)
    await ann.press(panel, "Expand")
    result, mark = await ann.wait_for(is_result), ann.now
    await ann.tap(result, "Again")
    await ann.wait_for(is_result, after=mark)


@pytest.mark.parametrize("fault", AFTER)
async def test_a_picture_that_came_twice_is_taken_back_once_it_is_tapped(
    day: BadDay, ann: Person, photo: bytes, fault: Fault
) -> None:
    await ann.send_document(photo)
    await ann.press(await ann.wait_for(is_panel), "Expand")
    await ann.press(await ann.wait_for(is_result), "Four")
    sheet = await ann.wait_for(lambda m: {"1", "2", "3", "4"} <= set(m.labels))
    day.fail("sendPhoto", fault)
    await ann.press(sheet, "2")
    stray = await ann.wait_for(lambda m: is_result(m) and m.id > sheet.id)
    await ann.wait_for(lambda m: is_result(m) and m.id > stray.id)
    assert await ann.tap(stray, "⋯") == "This one was sent twice; please use the other one."
    await ann.wait_gone(stray)
    assert counted(ann, lambda m: is_result(m) and m.id > sheet.id) == 1


async def test_a_picture_that_nobody_sent_again_is_adopted(ann: Person, photo: bytes, kuotu: Kuotu) -> None:
    await ann.send_document(photo)
    await ann.press(await ann.wait_for(is_panel), "Expand")
    result = await ann.wait_for(is_result)
    await all_shown(kuotu, ann.user)
    await kuotu.services.messages.forget(ann.chat, result.id)  # as if nobody knew its id
    await ann.tap(result, "⋯")
    known = await kuotu.services.messages.message(ann.chat, result.id)
    assert known is not None
    assert known.kind is MessageKind.RESULT


async def test_a_result_is_never_given_up_because_of_floods(day: BadDay, ann: Person, photo: bytes) -> None:
    await ann.send_document(photo)
    panel = await ann.wait_for(is_panel)
    day.fail("sendPhoto", *[Fault.FLOOD] * 4)
    day.fail("editMessageMedia", *[Fault.FLOOD] * 4)
    await ann.press(panel, "Expand")
    await ann.wait_for(is_result)
    assert counted(ann, is_result) == 1


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_group_is_followed_though_nobody_told_that_it_became_a_supergroup(
    day: BadDay, ann: Person, kuotu: Kuotu, cancelled: bool
) -> None:
    group = await ann.new_group("Sunday club", [ann.user])
    async with Person(day.address, ann.user, chat=group, language="en") as before:
        await before.send_photo(SAMPLES / "picos.jpg", "/expand")
        await before.press(await before.wait_for(is_panel), "Expand")
        status = await before.wait_for(is_status)
        day.hears.clear()
        moved = await before.upgrade_group()
    async with Person(day.address, ann.user, chat=moved, language="en") as after:
        if cancelled:
            await kuotu.services.queue.cancel(int(str(status.button("Cancel").data).split("|")[1]))
        else:
            await after.wait_for(is_result)
        await all_shown(kuotu, ann.user)
        day.hears.set()
        assert counted(after, is_status) == 0
        await after.say("/start")
        await after.wait_for(lambda m: m.from_bot and not is_result(m))


async def test_a_start_outlives_a_bot_api_that_does_not_answer(tmp_path: Path) -> None:
    async with bad_day(tmp_path / "playground") as day:
        day.fail("getMe", Fault.ERROR, Fault.DONE_RESET)
        knobs = {"telegram_token": DEFAULT_TOKEN, "telegram_api": day.address}
        async with kuotu_in(tmp_path / "data", work=False, **knobs) as kuotu:
            assert kuotu.address.startswith("@")
        assert [method for method, _ in day.seen] == ["getme", "getme"]


async def test_a_journeys_film_whose_fate_is_unknown_is_not_sent_again_and_again(
    day: BadDay, kuotu: Kuotu, ann: Person, photo: bytes
) -> None:
    """Nobody can tell whether its message arrived. The steps are shown, and the film can be asked for."""
    pytest.importorskip("av")
    await ann.send_document(photo)
    await ann.tap(await ann.wait_for(is_panel), "Expand")
    result = await ann.wait_for(is_result)
    await ann.tap(result, "⋯")
    tools = await ann.wait_for(lambda m: m.id == result.id and any("Five steps" in label for label in m.labels))
    await ann.tap(tools, "Five steps")
    await ann.wait_for(lambda m: is_status(m) and m.id > result.id)
    day.fail("sendPhoto", Fault.DONE_RESET)
    over = await ann.wait_for(lambda m: bool(m.labels) and all(label.isdigit() for label in m.labels))
    await all_shown(kuotu, ann.user, "expansion")
    assert [m.id for m in ann.messages if m.id > over.id and "🎬" in m.text] != []
    assert counted(ann, lambda m: m.id > over.id) == 1
