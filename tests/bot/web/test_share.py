"""Sharing from the Mini App: the server prepares a message, which the visitor's app sends to a chat of their choice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.bootstrap import Kuotu
from bot.playground.refusals import Refusal
from tests.support.launch import MEI, NOW, signed
from tests.support.scenes import group_of, post_by, shown
from tests.support.wall import ANN, TOKEN, flat, wall_in


@pytest.mark.parametrize(
    ("prepared", "status", "said"),
    [
        pytest.param("abc", 200, {"id": "abc 1 3"}, id="prepared"),
        pytest.param(None, 409, "this post can only be shared as a link\n", id="veiled-or-never-sent"),
        pytest.param(BadRequest("user not found"), 409, "Telegram refuses to send this post\n", id="refused"),
        pytest.param(Forbidden("user is deactivated"), 409, "Telegram refuses to send this post\n", id="gone"),
        pytest.param(RetryAfter(17), 503, "try again\n", id="flood"),
        pytest.param(NetworkError("no answer"), 503, "try again\n", id="outage"),
    ],
)
async def test_every_fate_of_the_call_has_an_answer(
    tmp_path: Path, prepared: str | TelegramError | None, status: int, said: object
) -> None:
    async with wall_in(tmp_path, prepared=prepared) as wall:
        wall.door.clock = lambda: NOW
        post = await wall.hang(flat(60, 40))
        headers = {"Authorization": f"tma {signed(TOKEN, user=json.dumps(MEI))}"}
        async with wall.client.post(f"{wall.url}/post/{post.id}/share", json={}, headers=headers) as answer:
            assert answer.status == status
            assert (await answer.json() if status == 200 else await answer.text()) == said
            later = "17" if isinstance(prepared, RetryAfter) else "5" if status == 503 else None
            assert answer.headers.get("Retry-After") == later


async def test_only_visitors_from_telegram_share_what_is_live(tmp_path: Path) -> None:
    async with wall_in(tmp_path, prepared="abc") as wall:
        wall.door.clock = lambda: NOW
        post, launch = await wall.hang(flat(60, 40)), signed(TOKEN, user=json.dumps(MEI))
        assert (await wall.say(f"/post/{post.id}/share", {}, None))[0] == 401
        await wall.services.gallery.unpublish(post.id, ANN)
        assert (await wall.say(f"/post/{post.id}/share", {}, launch))[0] == 404
        await wall.services.moderation.ban(3, ANN)
        assert (await wall.say(f"/post/{post.id}/share", {}, launch))[0] == 403


async def test_a_prepared_message_reaches_the_chosen_chat_once(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    author = await newcomer("Cat")
    result, post = await post_by(kuotu, author)
    address = urlsplit(await ann.open_mini_app(f"{kuotu.address}post/{post.id}"))
    headers = {"Authorization": f"tma {parse_qs(address.fragment)['tgWebAppData'][0]}"}
    path = f"{kuotu.address}post/{post.id}/share"
    async with ClientSession() as http, http.post(path, json={}, headers=headers) as answer:
        message_id = (await answer.json())["id"]
    with pytest.raises(Refusal, match="MESSAGE_ID_INVALID"):
        await bob.send_prepared(message_id)  # it was prepared for Ann
    async with ClientSession() as http, http.post(path, json={}, headers=headers) as answer:
        message_id = (await answer.json())["id"]
    sent = await ann.send_prepared(message_id)
    there = await bob.wait_for(lambda m: m.id == sent.id)
    assert there.raw["via_bot"]["is_bot"]
    assert there.photo is not None
    row = shown(await kuotu.services.store.expansion(post.expansion_id))
    assert there.photo["file_id"] == row.file_id
    assert str(there.button("Open and react").url).endswith(f"?start=p{post.id}")
    with pytest.raises(Refusal, match="query is too old"):
        await ann.send_prepared(message_id)
    assert result.photo is not None
