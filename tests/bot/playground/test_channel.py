"""Channels as on Telegram: administrators post in the channel's name, and bots see only counts of reactions."""

from __future__ import annotations

from pathlib import Path

import pytest
from telegram import MessageOriginChannel, ReactionTypeEmoji, Update

from bot.playground import Person
from bot.playground.refusals import Refusal
from tests.support.playground import Site, picture, site

COUNTS = ["channel_post", "message_reaction", "message_reaction_count", "my_chat_member", "callback_query"]


async def channel(place: Site, *, bot: bool = True) -> tuple[int, Person, list[Person]]:
    """A channel of Ann's that Ben and Mei read: its id, Ann, and the readers."""
    ann = await place.person(1)
    number = await ann.new_channel("News", [2, 3], bot=bot)
    return number, await place.person(1, number), [await place.person(user, number) for user in (2, 3)]


async def heard(place: Site) -> list[Update]:
    """Return the updates since the last call, parsed by python-telegram-bot."""
    bot = await place.bot()
    updates = await bot.get_updates(allowed_updates=COUNTS)
    if updates:
        await bot.get_updates(offset=updates[-1].update_id + 1, allowed_updates=COUNTS)
    return list(updates)


async def test_administrators_post_in_the_channels_name_and_readers_do_not(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        await heard(place)  # this also selects all kinds of updates
        number, ann, (ben, _mei) = await channel(place)
        (joined,) = await heard(place)
        assert joined.my_chat_member.new_chat_member.status == "administrator"
        assert joined.my_chat_member.new_chat_member.can_post_messages
        await ann.send_photo(picture(), "look")
        (update,) = await heard(place)
        post = update.channel_post
        assert (post.chat.type, post.sender_chat.title, post.from_user) == ("channel", "News", None)
        assert update.message is None
        with pytest.raises(Refusal, match="not enough rights"):
            await ben.say("me too")
        seen = await ben.wait_for(lambda m: m.photo)
        forwarded = await (await place.person(2)).forward(seen, number)
        origin = MessageOriginChannel.de_json(forwarded["forward_origin"], await place.bot())
        assert (origin.chat.id, origin.message_id) == (number, post.message_id)


async def test_a_bot_is_an_administrator_of_a_channel_or_not_there(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        await heard(place)
        number, ann, _readers = await channel(place, bot=False)
        await ann.say("unheard")
        assert await heard(place) == []
        answer = await place.call("sendMessage", chat_id=number, text="x")
        assert answer["description"] == "Forbidden: bot is not a member of the channel chat"
        with pytest.raises(Refusal, match="only administrators"):
            await ann.set_standing("member")
        await ann.set_standing("administrator")
        assert (await place.call("sendMessage", chat_id=number, text="x"))["ok"]


async def test_reactions_in_a_channel_are_counts_the_newest_once_for_each_post(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        await heard(place)
        number, ann, (ben, mei) = await channel(place)
        post, other = await ann.say("one"), await ann.say("two")
        await heard(place)
        for reader, emoji in ((ben, "👍"), (mei, "🤣"), (mei, "👍")):
            await reader.react(post, emoji)
        await ann.react(other, "🔥")
        first, second = [update.message_reaction_count for update in await heard(place)]
        assert (first.chat.id, first.message_id) == (number, post.id)
        assert [(one.type, one.total_count) for one in first.reactions] == [(ReactionTypeEmoji("👍"), 2)]
        assert [one.total_count for one in second.reactions] == [1]
        await ben.react(post)
        await mei.react(post)
        (none,) = await heard(place)
        assert none.message_reaction_count.reactions == ()


@pytest.mark.parametrize(
    ("asked", "standing"),
    [
        pytest.param(["channel_post", "message_reaction"], "administrator", id="who-did-not-ask"),
        pytest.param([*COUNTS], "kicked", id="who-is-not-there"),
    ],
)
async def test_counts_are_not_for_everybody(tmp_path: Path, asked: list[str], standing: str) -> None:
    async with site(tmp_path) as place:
        number, ann, (ben, _mei) = await channel(place)
        post = await ann.say("one")
        await ann.set_standing(standing)
        updates = (await place.call("getUpdates", allowed_updates=asked))["result"]
        await place.call("getUpdates", offset=updates[-1]["update_id"] + 1 if updates else 0, allowed_updates=asked)
        await ben.react(post, "👍")
        assert (await place.call("getUpdates", allowed_updates=asked))["result"] == []
        assert (await ben.wait_for(lambda m: m.reactions)).reactions == {2: ["👍"]}
        assert number < -1_000_000_000_000


async def test_readers_tap_the_buttons_of_a_post(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        await heard(place)
        number, _ann, (ben, _mei) = await channel(place)
        markup = {"inline_keyboard": [[{"text": "tap", "callback_data": "t"}]]}
        await place.call("sendMessage", chat_id=number, text="x", reply_markup=markup)
        await ben.press(await ben.wait_for(lambda m: m.labels), "tap")
        *_, update = await heard(place)
        assert (update.callback_query.from_user.id, update.callback_query.message.chat.id) == (2, number)
