"""Groups as on Telegram: privacy mode, members who join and leave, blocking, and migration to a supergroup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.playground.refusals import Refusal
from tests.support.playground import Site, picture, site

GROUP = -5


async def heard(place: Site) -> list[dict[str, Any]]:
    """Return the updates since the last call."""
    updates: list[dict[str, Any]] = (await place.call("getUpdates"))["result"]
    if updates:
        await place.call("getUpdates", offset=updates[-1]["update_id"] + 1)
    return updates


@pytest.mark.parametrize(
    ("words", "reaches"),
    [
        ("just talk", False),
        ("/start", True),
        ("/start@kuotu_bot now", True),
        ("/start@other_bot", False),
        ("look, @kuotu_bot", True),
        ("look, @kuotu_bots", False),
        ("a/b and 1/2", False),
    ],
)
async def test_privacy_mode_lets_through_what_is_meant_for_the_bot(tmp_path: Path, words: str, reaches: bool) -> None:
    async with site(tmp_path) as place:
        ann = await place.person(1, GROUP)
        await ann.say(words)
        assert bool(await heard(place)) is reaches
        await ann.send_photo(picture(), words)
        assert bool(await heard(place)) is reaches


async def test_replies_to_the_bot_are_heard_and_an_administrator_hears_all(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        ann, ben = await place.person(1, GROUP), await place.person(2, GROUP)
        question = (await place.call("sendMessage", chat_id=GROUP, text="?"))["result"]["message_id"]
        answer = await ann.say("to the bot", reply_to=question)
        await ben.say("to Ann", reply_to=answer)
        (update,) = await heard(place)
        assert update["message"]["reply_to_message"]["text"] == "?"
        await ann.set_standing("administrator")
        (update,) = await heard(place)
        assert update["my_chat_member"]["new_chat_member"]["status"] == "administrator"
        await ben.say("anything")
        assert [update["message"]["text"] for update in await heard(place)] == ["anything"]


async def test_a_new_group_tells_the_bot_that_it_joined(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        ann = await place.person(1)
        group = await ann.new_group("Trip", [2])
        created, joined = await heard(place)
        assert created["message"]["group_chat_created"]
        change = joined["my_chat_member"]
        assert (change["chat"]["title"], change["old_chat_member"]["status"]) == ("Trip", "left")
        bot = await place.bot()
        assert await bot.get_chat_member_count(group) == 3
        assert [member.user.first_name for member in await bot.get_chat_administrators(group)] == ["Ann"]


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        ("kicked", "Forbidden: bot was kicked from the group chat"),
        ("left", "Forbidden: bot is not a member of the group chat"),
    ],
)
async def test_a_bot_that_was_removed_cannot_write(tmp_path: Path, standing: str, words: str) -> None:
    async with site(tmp_path) as place:
        ann = await place.person(1, GROUP)
        await ann.set_standing(standing)
        (update,) = await heard(place)
        assert update["my_chat_member"]["new_chat_member"]["status"] == standing
        answer = await place.call("sendMessage", chat_id=GROUP, text="x")
        assert (answer["error_code"], answer["description"]) == (403, words)
        await ann.say("/start")
        assert await heard(place) == []
        await ann.set_standing("member")
        assert (await place.call("sendMessage", chat_id=GROUP, text="x"))["ok"]


async def test_a_person_who_blocks_the_bot_is_out_of_reach_until_they_write(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        ann = await place.person(1)
        await ann.say("hi")
        await ann.block()
        answer = await place.call("sendMessage", chat_id=1, text="x")
        assert (answer["error_code"], answer["description"]) == (403, "Forbidden: bot was blocked by the user")
        await ann.say("/start")
        standings = [
            u["my_chat_member"]["new_chat_member"]["status"] for u in await heard(place) if "my_chat_member" in u
        ]
        assert standings == ["kicked", "member"]
        assert (await place.call("sendMessage", chat_id=1, text="x"))["ok"]


async def test_a_group_that_became_a_supergroup_is_found_again(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        ann = await place.person(1, GROUP)
        moved = await ann.upgrade_group()
        farewell, welcome = await heard(place)
        assert farewell["message"]["migrate_to_chat_id"] == moved
        assert welcome["message"]["migrate_from_chat_id"] == GROUP
        assert welcome["message"]["chat"] == {"id": moved, "type": "supergroup", "title": "Weekend 周末"}
        answer = await place.call("sendMessage", chat_id=GROUP, text="x")
        assert answer["description"] == "Bad Request: group chat was upgraded to a supergroup chat"
        assert answer["parameters"] == {"migrate_to_chat_id": moved}
        assert (await place.call("sendMessage", chat_id=moved, text="x"))["ok"]
        await (await place.person(2, moved)).say("/start")
        assert (await heard(place))[0]["message"]["from"]["first_name"] == "Ben"


async def test_only_members_act_in_a_group_and_only_authors_edit(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        ann, ben = await place.person(1, GROUP), await place.person(2, GROUP)
        stranger = await place.person(50, GROUP, name="Eve")
        with pytest.raises(Refusal, match="not a member"):
            await stranger.say("hi")
        words = await ann.say("mine")
        await ben.wait_for(lambda m: m.id == words.id)
        with pytest.raises(Refusal, match="can't be edited"):
            await ben.edit(words, "not yours")
        with pytest.raises(Refusal, match="can't be deleted"):
            await ben.delete(words)
        await ann.delete(words)
        await ben.wait_gone(words)
        with pytest.raises(Refusal, match="chat not found"):
            await (await place.person(2, 1)).say("into another's private chat")
