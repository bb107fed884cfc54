"""🎬: the film of a chain, made once and then sent by the file that Telegram keeps."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from scenes import expansion_of, forge, result_in
from test_chat_expand import is_result

from bot.bootstrap import Kuotu
from bot.films import FilmFailed, Films, OneAtATime
from bot.playground import Message, Person
from inference.canvas import Margins

pytest.importorskip("av")


def is_film(message: Message) -> bool:
    return message.kind == "animation"


async def test_a_chain_becomes_a_film_once(kuotu: Kuotu, chat: Person, newcomer: Any) -> None:
    first = await result_in(chat)
    await chat.tap(first, "Further")
    panel = await chat.wait_for(lambda m: "✨ Expand" in m.labels and m.id > first.id)
    await chat.tap(panel, "Expand")
    second = await chat.wait_for(lambda m: is_result(m) and m.id > panel.id)
    assert await chat.tap(second, "🎬") == "🎬 The film is coming…"
    film = await chat.wait_for(is_film)
    data = await chat.download(film)
    assert data[4:8] == b"ftyp"
    assert len(data) < 1_000_000
    assert await chat.tap(second, "🎬") is None
    again = await chat.wait_for(lambda m: is_film(m) and m.id > film.id)
    assert again.file is not None
    assert film.file is not None
    assert again.file["file_id"] == film.file["file_id"]
    bob = await newcomer("Bob")
    assert await forge(bob, f"mp|{expansion_of(second)}") == "This is somebody else's."


async def test_one_at_a_time_and_what_does_not_fit_is_no_film() -> None:
    films = Films()
    try:
        first = asyncio.create_task(films.make(1, b"no picture", [Margins(1, 0, 0, 0)]))
        await asyncio.sleep(0)  # it has begun
        with pytest.raises(OneAtATime):
            await films.make(1, b"no picture", [Margins(1, 0, 0, 0)])
        with pytest.raises(FilmFailed):
            await first
    finally:
        films.close()
