"""In a group the bot is quiet unless asked, and nobody can use the buttons of another person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import telegram

from bot.bootstrap import Kuotu
from bot.playground import Person
from tests.support.messages import is_panel, is_result
from tests.support.photos import small_photo
from tests.support.scenes import details

Newcomer = Callable[..., Awaitable[Person]]


@pytest.fixture
async def club(newcomer: Newcomer) -> tuple[Person, Person]:
    """Ann and Ben in a group with the bot."""
    ann, ben = await newcomer("Ann"), await newcomer("Ben")
    group = await ann.new_group("Sunday club", [ann.user, ben.user])
    return await newcomer("Ann", user=ann.user, chat=group), await newcomer("Ben", user=ben.user, chat=group)


def from_bot(chat: Person) -> int:
    return sum(message.from_bot for message in chat.messages)


async def test_a_photo_alone_gets_no_answer(club: tuple[Person, Person], photo: bytes) -> None:
    ann, _ben = club
    await ann.send_photo(photo, "look at this")
    await ann.say("/help")  # its answer shows that everything before it has been handled
    await ann.wait_for(lambda m: m.from_bot and "How it works" in m.text)
    await ann.wait_for(lambda m: m.from_bot and "Hi all" in m.text)  # the greeting, in its own time
    assert from_bot(ann) == 2


async def test_answering_a_photo_with_expand_brings_its_panel(club: tuple[Person, Person], photo: bytes) -> None:
    ann, ben = club
    sent = await ann.send_photo(photo)
    await ben.say("/expand", reply_to=sent)
    panel = await ben.wait_for(is_panel)
    await ben.tap(panel, "Expand")
    await ben.wait_for(is_result)


async def test_a_mention_in_the_caption_asks_for_a_panel(club: tuple[Person, Person], kuotu: Kuotu) -> None:
    ann, _ben = club
    assert kuotu.playground is not None
    await ann.send_photo(small_photo(), f"@{kuotu.playground.username} a red balloon")
    assert "“a red balloon”" in (await ann.wait_for(is_panel)).text


async def test_nobody_can_use_anothers_panel(club: tuple[Person, Person], photo: bytes, kuotu: Kuotu) -> None:
    ann, ben = club
    sent = await ann.send_photo(photo)
    await ann.say("/expand", reply_to=sent)
    panel = await ben.wait_for(is_panel)
    for button in ("⬅️", "2×", "Wild", "1:1", "🎲", "Expand"):
        assert "somebody else's" in str(await ben.tap(panel, button))
        assert await kuotu.services.store.live(ben.user) == []
        assert await kuotu.services.store.live(ann.user) == []
        assert (await ben.wait_for(is_panel)).text == panel.text


async def test_nobody_can_act_on_anothers_result(club: tuple[Person, Person], photo: bytes) -> None:
    ann, ben = club
    sent = await ann.send_photo(photo)
    await ann.say("/expand", reply_to=sent)
    await ann.tap(await ann.wait_for(is_panel), "Expand")
    result = await ben.wait_for(is_result)
    before = len(ben.messages)
    for button in ("Again", "Four", "Zoom out more", "Adjust", "Publish", "Delete"):
        assert "somebody else's" in str(await ben.tap(result, button))
        assert len(ben.messages) == before


async def test_anothers_result_that_nobody_published_is_no_step_of_a_chain(
    club: tuple[Person, Person], photo: bytes, kuotu: Kuotu
) -> None:
    ann, ben = club
    await ann.say("/expand", reply_to=await ann.send_photo(photo))
    await ann.tap(await ann.wait_for(is_panel), "Expand")
    result = await ben.wait_for(is_result)
    await ben.say("/expand", reply_to=result)
    panel = await ben.wait_for(lambda m: is_panel(m) and m.id > result.id)
    await ben.tap(panel, "Expand")
    other = await ben.wait_for(lambda m: is_result(m) and m.id > panel.id)
    assert "Zoom-out" not in await details(ben, other)


FORGED = ["go|1", "go|x|y", "zz|1", "go|999999999|0", "sc|1|1000000000000000000000", "ra|1|0:0", "di|1|inwards", "👻"]


async def test_forged_taps_get_a_polite_answer(chat: Person, photo: bytes, kuotu: Kuotu) -> None:
    await chat.send_document(photo)
    panel = await chat.wait_for(is_panel)
    assert kuotu.playground is not None
    buttons = [telegram.InlineKeyboardButton(f"forged {data}", callback_data=data) for data in FORGED]
    async with telegram.Bot(kuotu.playground.token, base_url=f"{kuotu.address}bot") as forger:
        await forger.edit_message_reply_markup(
            chat.chat, panel.id, reply_markup=telegram.InlineKeyboardMarkup.from_column(buttons)
        )
    await chat.wait_for(lambda m: len(m.labels) == len(FORGED))
    polite = ("This button is out of date; the newest one works.", "That is not there any more.")
    for data in FORGED:
        query = await chat.press_data(panel.id, data)
        answer = (await chat.answer_to(query))["text"]
        assert answer.startswith((*polite, "This panel is somebody else's")), data
        assert await kuotu.services.store.live(chat.user) == []


async def test_a_supergroup_keeps_its_panels_and_results(
    club: tuple[Person, Person], photo: bytes, newcomer: Newcomer
) -> None:
    ann, _ben = club
    sent = await ann.send_photo(photo)
    await ann.say("/expand", reply_to=sent)
    await ann.wait_for(is_panel)
    moved = await ann.upgrade_group()
    there = await newcomer("Ann", user=ann.user, chat=moved)
    again = await there.send_photo(photo)
    await there.say("/expand", reply_to=again)
    await there.tap(await there.wait_for(is_panel), "Expand")
    await there.wait_for(is_result)
