"""Updates reach a bot by long polling or the webhook, and some are never sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.support.playground import Site, site


async def updates_of(place: Site, **asked: Any) -> list[dict[str, Any]]:
    answer = await place.call("getUpdates", **asked)
    return list(answer["result"])


async def test_a_poll_waits_until_somebody_writes(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        ann = await place.person(1)
        poll = asyncio.create_task(updates_of(place, timeout=30))
        await ann.say("now")
        (update,) = await poll
        assert update["message"]["text"] == "now"


async def test_updates_stay_until_they_are_confirmed(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        ann = await place.person(1)
        for word in ("one", "two", "three"):
            await ann.say(word)
        first, second, third = await updates_of(place)
        assert await updates_of(place, limit=2) == [first, second]
        assert await updates_of(place, offset=second["update_id"]) == [second, third]
        assert await updates_of(place, offset=-1) == [third]
        assert await updates_of(place) == [third]
        assert await updates_of(place, offset=third["update_id"] + 1) == []


async def test_a_second_poll_ends_the_first_with_a_conflict(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        ann = await place.person(1)
        polls = [asyncio.create_task(place.call("getUpdates", timeout=30)) for _ in range(2)]
        (first,), (second,) = await asyncio.wait(polls, return_when=asyncio.FIRST_COMPLETED)
        ended = first.result()
        assert (ended["error_code"], ended["description"]) == (
            409,
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        )
        await ann.say("for the second")
        assert (await second)["result"][0]["message"]["text"] == "for the second"


async def test_what_the_bot_did_not_ask_for_is_not_kept(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        ann = await place.person(1)
        sent = await ann.say("hi")
        await ann.react(sent, "🔥")
        assert [set(update) for update in await updates_of(place)] == [{"update_id", "message"}]
        await updates_of(place, allowed_updates=["message_reaction"])
        await ann.react(sent, "🤣")
        await ann.say("unheard")
        *_, last = await updates_of(place)
        assert [one["emoji"] for one in last["message_reaction"]["old_reaction"]] == ["🔥"]
        assert [one["emoji"] for one in last["message_reaction"]["new_reaction"]] == ["🤣"]
        await ann.react(sent)
        *_, last = await updates_of(place)
        assert last["message_reaction"]["new_reaction"] == []


async def test_reactions_in_groups_are_for_administrators(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        ann = await place.person(1, -5)
        await updates_of(place, allowed_updates=["message_reaction"])
        sent = await ann.say("hi")
        await ann.react(sent, "🔥")
        assert await updates_of(place) == []
        await ann.set_standing("administrator")
        await ann.react(sent, "🤯")
        (update,) = await updates_of(place)
        assert update["message_reaction"]["user"]["first_name"] == "Ann"


async def test_an_edited_message_is_told(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        ann = await place.person(1)
        await ann.edit(await ann.say("helo"), "hello")
        *_, update = await updates_of(place)
        assert update["edited_message"]["text"] == "hello"
        assert update["edited_message"]["edit_date"] == int(place.clock.now)


@dataclass
class Hook:
    """A bot's webhook that accepts updates after failing a given number of times."""

    url: str = ""
    failures: int = 0
    reply: dict[str, Any] | None = None
    attempts: int = 0
    got: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    secrets: list[str | None] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.attempts += 1
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        if self.attempts <= self.failures:
            return web.Response(status=500)
        self.got.put_nowait(await request.json())
        return web.json_response(self.reply) if self.reply else web.Response()


@asynccontextmanager
async def webhook(**how: Any) -> AsyncIterator[Hook]:
    hook = Hook(**how)
    app = web.Application()
    app.router.add_post("/hook", hook.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield hook
    await runner.cleanup()


async def test_a_webhook_gets_every_update_in_order_with_the_secret(tmp_path: Path) -> None:
    async with webhook(failures=1) as hook, site(tmp_path) as place:
        ann = await place.person(1)
        await ann.say("before")
        assert (await place.call("setWebhook", url=hook.url, secret_token="s3cret-_"))["ok"]
        await ann.say("after")
        taken = [(await hook.got.get())["message"]["text"] for _ in range(2)]
        assert (taken, set(hook.secrets), hook.attempts) == (["before", "after"], {"s3cret-_"}, 3)
        refused = await place.call("getUpdates")
        assert refused["error_code"] == 409
        assert "while webhook is active" in refused["description"]
        assert (await place.call("getWebhookInfo"))["result"]["url"] == hook.url
        await place.call("deleteWebhook")
        await ann.say("by polling")
        assert [update["message"]["text"] for update in await updates_of(place)] == ["by polling"]


async def test_a_webhook_may_answer_with_a_call(tmp_path: Path) -> None:
    reply = {"method": "sendMessage", "chat_id": 1, "text": "at once"}
    async with webhook(reply=reply) as hook, site(tmp_path) as place:
        ann = await place.person(1)
        await place.call("setWebhook", url=hook.url)
        await ann.say("hi")
        assert (await ann.wait_for(lambda m: m.from_bot)).text == "at once"


async def test_pending_updates_can_be_dropped(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        await (await place.person(1)).say("old")
        await place.call("deleteWebhook", drop_pending_updates=True)
        assert await updates_of(place) == []


async def test_inline_questions_and_the_chosen_result(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        ann = await place.person(1)
        await ann.say("hi")
        kinds = ["inline_query", "chosen_inline_result", "callback_query"]
        await updates_of(place, offset=-1, allowed_updates=kinds)
        asking = asyncio.create_task(ann.inline("sunset"))
        *_, update = await updates_of(place, timeout=30, offset=2)
        assert update["inline_query"]["query"] == "sunset"
        result = {
            "type": "article",
            "id": "r1",
            "title": "Sunset",
            "input_message_content": {"message_text": "<b>Sunset</b>", "parse_mode": "HTML"},
            "reply_markup": {"inline_keyboard": [[{"text": "More", "callback_data": "more"}]]},
        }
        await place.call("answerInlineQuery", inline_query_id=update["inline_query"]["id"], results=[result])
        chosen = await ann.choose(await asking)
        assert (chosen.text, chosen.from_bot, chosen["via_bot"]["username"]) == ("Sunset", False, "kuotu_bot")
        *_, update = await updates_of(place)
        inline = update["chosen_inline_result"]["inline_message_id"]
        await ann.press(chosen, "More")
        *_, update = await updates_of(place)
        assert update["callback_query"]["inline_message_id"] == inline
        assert (await place.call("editMessageText", inline_message_id=inline, text="Night"))["result"] is True
        assert (await ann.wait_for(lambda m: m.id == chosen.id and m.edited)).text == "Night"
