"""Who writes, in which chat, and on which photo: anonymous administrators, channels, topics, albums and edits.

Updates that the playground's people cannot send are posted to the webhook as Telegram would post them.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.bootstrap import Kuotu
from bot.hosting import free_port
from bot.playground import Message, Person
from bot.web.app import SECRET_HEADER, WEBHOOK_PATH
from tests.support.bot import kuotu_in
from tests.support.messages import is_panel, is_result
from tests.support.photos import small_photo
from tests.support.playground import Site, site
from tests.support.scenes import expansion_of

ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
CHANNEL_BOT = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
SERVICE = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
MODERATOR, BEN = 7070, 7071
_numbers, _people = itertools.count(10**9), itertools.count(5000)


@dataclass
class Hook:
    """A Kuotu with a webhook, and the Telegram that serves it."""

    telegram: Site
    kuotu: Kuotu
    address: str
    exits: AsyncExitStack

    async def post(self, kind: str = "message", **body: Any) -> None:
        """Deliver an update."""
        update = {"update_id": next(_numbers), kind: body}
        headers = {SECRET_HEADER: "secret"}
        async with ClientSession() as http, http.post(self.address + WEBHOOK_PATH, json=update, headers=headers) as ok:
            assert ok.status == 200

    async def person(self, name: str, chat: int | None = None, user: int = 0) -> Person:
        return await self.exits.enter_async_context(
            Person(self.telegram.url, user or next(_people), chat, name=name, language="en")
        )

    async def group(self) -> Person:
        """Return Ann, who is in charge of a group with Ben, there."""
        ann, ben = await self.person("Ann"), await self.person("Ben", user=BEN)
        return await self.person("Ann", await ann.new_group("Sunday club", [ann.user, ben.user]), ann.user)


@pytest.fixture(scope="module")
async def hooked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hook]:
    async with site(tmp_path_factory.mktemp("telegram")) as telegram, AsyncExitStack() as exits:
        address = f"http://127.0.0.1:{(port := free_port('127.0.0.1'))}"
        knobs = {"telegram_token": telegram.playground.token, "telegram_api": telegram.url, "port": port}
        hook = {"webhook_url": f"{address}/", "webhook_secret": "secret", "admins": str(MODERATOR)}
        async with kuotu_in(tmp_path_factory.mktemp("hooked"), films=False, **knobs, **hook) as kuotu:
            yield Hook(telegram, kuotu, address, exits)


def command(text: str, group: Person, **more: Any) -> dict[str, Any]:
    """Return a message with a command in a group."""
    return {
        "message_id": 10**6 + next(_numbers) % 10**6,
        "date": 1_800_000_000,
        "chat": {"id": group.chat, "type": "supergroup", "title": "Sunday club"},
        "text": text,
        "entities": [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}],
    } | more


async def test_an_anonymous_administrators_panel_belongs_to_the_groups_administrators(hooked: Hook) -> None:
    ann = await hooked.group()
    ben = await hooked.person("Ben", ann.chat, BEN)
    photo = await ann.send_photo(small_photo())
    group = {"id": ann.chat, "type": "supergroup", "title": "Sunday club"}
    await hooked.post(**command("/expand", ann, **{"from": ANONYMOUS}, sender_chat=group, reply_to_message=photo.raw))
    panel = await ann.wait_for(is_panel)
    assert (
        await ben.tap(panel, "Expand")
        == "This panel is somebody else's. Send your own photo, or reply to one with /expand."
    )
    await ann.tap(panel, "Expand")
    await ann.wait_for(is_result)
    assert await hooked.kuotu.services.people.person(ANONYMOUS["id"]) is None  # type: ignore[arg-type]


async def test_who_writes_as_a_channel_is_that_channel(hooked: Hook) -> None:
    ann = await hooked.group()
    photo = await ann.send_photo(small_photo())
    news = {"id": -1003, "type": "channel", "title": "News"}
    await hooked.post(**command("/expand", ann, **{"from": CHANNEL_BOT}, sender_chat=news, reply_to_message=photo.raw))
    await ann.wait_for(is_panel)
    channel = await hooked.kuotu.services.people.person(-1003)
    assert channel is not None
    assert channel.name == "News"
    assert await hooked.kuotu.services.people.person(CHANNEL_BOT["id"]) is None  # type: ignore[arg-type]


async def test_a_channels_post_in_its_discussion_group_gets_no_second_panel(hooked: Hook) -> None:
    ann = await hooked.group()
    photo = await ann.send_photo(small_photo())
    news = {"id": -1003, "type": "channel", "title": "News"}
    forwarded = command("/expand", ann, **{"from": SERVICE}, sender_chat=news, is_automatic_forward=True)
    await hooked.post(**forwarded, reply_to_message=photo.raw)
    await ann.say("/expand", reply_to=photo)
    await ann.wait_for(is_panel)
    assert sum(map(is_panel, ann.messages)) == 1
    assert await hooked.kuotu.services.people.person(SERVICE["id"]) is None  # type: ignore[arg-type]


async def test_a_topic_is_no_reply_and_bans_nobody(hooked: Hook) -> None:
    mod = await hooked.group()
    opened = {"message_id": 7, "date": 1, "chat": {"id": mod.chat, "type": "supergroup"}, "message_thread_id": 7}
    opened |= {"from": {"id": 22, "is_bot": False, "first_name": "Ben"}, "is_topic_message": True}
    opened["forum_topic_created"] = {"name": "cats", "icon_color": 1}
    by = {"from": {"id": MODERATOR, "is_bot": False, "first_name": "Mo"}}
    await hooked.post(**command("/ban", mod, **by, reply_to_message=opened))
    await mod.wait_for(lambda m: "/ban" in m.text and m.from_bot)
    assert not await hooked.kuotu.services.moderation.banned(22)


async def test_a_ban_on_an_anonymous_message_bans_the_chat_it_speaks_for(hooked: Hook) -> None:
    mod = await hooked.group()
    said = command("hello", mod, **{"from": CHANNEL_BOT}, sender_chat={"id": -1009, "type": "channel", "title": "Spam"})
    by = {"from": {"id": MODERATOR, "is_bot": False, "first_name": "Mo"}}
    await hooked.post(**command("/ban", mod, **by, reply_to_message=said))
    await mod.wait_for(lambda m: "-1009" in m.text and m.from_bot)
    assert await hooked.kuotu.services.moderation.banned(-1009)
    assert not await hooked.kuotu.services.moderation.banned(CHANNEL_BOT["id"])  # type: ignore[arg-type]


async def test_a_photo_of_another_chat_can_be_expanded_where_it_is_quoted(hooked: Hook) -> None:
    ann = await hooked.group()
    elsewhere = await hooked.person("Ben")
    photo = await elsewhere.send_photo(small_photo())
    origin = {"type": "hidden_user", "date": 1, "sender_user_name": "Ben"}
    by = {"from": {"id": ann.user, "is_bot": False, "first_name": "Ann"}}
    quoted = {"origin": origin, "photo": photo.raw["photo"]}
    await hooked.post(**command("/expand", ann, **by, external_reply=quoted))
    await ann.tap(await ann.wait_for(is_panel), "Expand")
    await ann.wait_for(is_result)


async def test_what_came_under_a_spoiler_stays_under_one(hooked: Hook) -> None:
    ann = await hooked.person("Ann")
    await ann.send_photo(small_photo(), spoiler=True)
    panel = await ann.wait_for(is_panel)
    await ann.tap(panel, "Expand")
    result = await ann.wait_for(is_result)
    assert panel["has_media_spoiler"]
    assert result["has_media_spoiler"]
    await ann.tap(result, "Before")
    before = await ann.wait_for(lambda m: "◑ After" in m.labels)
    assert before["has_media_spoiler"]
    mark = ann.now
    await ann.tap(before, "Adjust")
    assert (await ann.wait_for(is_panel, after=mark))["has_media_spoiler"]


async def test_each_expand_opens_a_panel_with_its_own_words(hooked: Hook) -> None:
    ann = await hooked.group()
    photo = await ann.send_photo(small_photo())
    panels = [await _panel_after(ann, photo, words) for words in ("/expand", "/expand make it wild")]
    assert len({panel.id for panel in panels}) == 2
    assert "make it wild" in panels[1].text


async def test_two_people_expand_photos_of_one_album_each_for_themselves(hooked: Hook) -> None:
    ann = await hooked.group()
    ben = await hooked.person("Ben", ann.chat, BEN)
    first, second = await ann.send_album([small_photo(), small_photo(longest=200)])
    anns, bens = await _panel_after(ann, first, "/expand"), await _panel_after(ben, second, "/expand")
    assert anns.id != bens.id
    chosen = [[b.label for b in panel.buttons if "📷" in b.label and "✓" in b.label] for panel in (anns, bens)]
    assert chosen[0] != chosen[1]
    assert (
        await ben.tap(bens, "Expand")
        != "This panel is somebody else's. Send your own photo, or reply to one with /expand."
    )


async def test_an_edited_photo_is_the_photo_that_is_now_there(hooked: Hook) -> None:
    ann, other = await hooked.person("Ann"), await hooked.person("Ben")
    sent = await ann.send_photo(small_photo())
    panel = await ann.wait_for(is_panel)
    wide = await other.send_photo(small_photo(longest=240))
    edited = {**sent.raw, "photo": wide.raw["photo"], "edit_date": 2_000_000_000}
    mark = ann.now
    await hooked.post("edited_message", **edited)
    changed = await ann.wait_for(lambda m: m.id == panel.id, after=mark)
    assert changed.photo != panel.photo  # another size of canvas


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"text": "/frobnicate", "entities": [{"type": "bot_command", "offset": 0, "length": 11}]}, "/help"),
        ({"contact": {"phone_number": "1", "first_name": "B"}}, "still pictures"),
        ({"dice": {"emoji": "🎲", "value": 3}}, "still pictures"),
        ({"story": {"chat": {"id": 5, "type": "private"}, "id": 1}}, "still pictures"),
    ],
    ids=["command", "contact", "dice", "story"],
)
async def test_in_private_every_kind_of_message_gets_one_sentence(hooked: Hook, body: Any, says: str) -> None:
    ann = await hooked.person("Ann")
    await ann.say("hello")
    who = {"id": ann.user, "is_bot": False, "first_name": "Ann"}
    here = {"id": ann.user, "type": "private", "first_name": "Ann"}
    mark = ann.now
    await hooked.post(message_id=99, date=1, chat=here, **{"from": who}, **body)
    await ann.wait_for(lambda m: m.from_bot and says in m.text, after=mark)


async def _panel_after(person: Person, photo: Message, words: str) -> Message:
    mark = person.now
    await person.say(words, reply_to=photo)
    return await person.wait_for(is_panel, after=mark)


async def test_a_tap_on_a_message_too_old_to_be_seen_brings_the_result_again(hooked: Hook) -> None:
    ann = await hooked.person("Ann")
    await ann.send_photo(small_photo())
    await ann.tap(await ann.wait_for(is_panel), "Expand")
    result = await ann.wait_for(is_result)
    data = f"be|{expansion_of(result)}"
    here = {"id": ann.user, "type": "private", "first_name": "Ann"}
    who = {"id": ann.user, "is_bot": False, "first_name": "Ann"}
    old = {"chat": here, "message_id": result.id, "date": 0}
    tapped = {"id": "1", "from": who, "chat_instance": "1", "message": old, "data": data}
    await hooked.post("callback_query", **tapped)
    await ann.wait_for(lambda m: is_result(m) and m.id > result.id)
    await hooked.kuotu.services.moderation.ban(ann.user, MODERATOR)
    await hooked.post("callback_query", **tapped)
    await ann.say("hello")
    await ann.wait_for(lambda m: m.from_bot and m.text.startswith("A moderator has blocked"))
    assert sum(map(is_result, ann.messages)) == 2
