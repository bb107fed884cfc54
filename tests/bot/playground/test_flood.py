"""Flood control, tested with a clock that the test moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.playground.call import Call
from bot.playground.flood import Flood
from bot.playground.refusals import Refusal
from tests.support.playground import Clock, site


def send(flood: Flood, chat: int, method: str = "sendmessage", **more: Any) -> int:
    """Return the seconds to wait, or 0 if the call is accepted."""
    try:
        flood.check(Call(method, {"chat_id": chat} | more))
    except Refusal as refusal:
        return refusal.parameters["retry_after"]
    return 0


def test_a_burst_in_one_chat_then_one_a_second() -> None:
    clock = Clock()
    flood = Flood(clock)
    assert [send(flood, 1) for _ in range(6)] == [0, 0, 0, 0, 0, 1]
    assert send(flood, 2) == 0
    clock.advance(1)
    assert [send(flood, 1), send(flood, 1)] == [0, 1]
    clock.advance(60)
    assert [send(flood, 1) for _ in range(6)] == [0, 0, 0, 0, 0, 1]


def test_twenty_a_minute_in_a_group() -> None:
    clock = Clock()
    flood = Flood(clock)
    for _ in range(20):
        assert send(flood, -5) == 0
        clock.advance(2)
    assert send(flood, -5) == 20
    assert send(flood, 5) == 0
    clock.advance(20)
    assert [send(flood, -5), send(flood, -5)] == [0, 2]


def test_thirty_a_second_overall() -> None:
    flood = Flood(Clock())
    assert {send(flood, chat) for chat in range(1, 31)} == {0}
    assert send(flood, 31) == 1


@pytest.mark.parametrize("method", ["sendchataction", "answercallbackquery", "deletemessage", "getme"])
def test_what_writes_nothing_is_free(method: str) -> None:
    flood = Flood(Clock())
    assert {send(flood, 1, method) for _ in range(50)} == {0}


def test_an_album_costs_each_of_its_photos() -> None:
    flood = Flood(Clock())
    assert send(flood, 1, "sendmediagroup", media=[{}] * 4) == 0
    assert [send(flood, 1), send(flood, 1)] == [0, 1]


async def test_a_bot_that_is_too_fast_gets_429_when_control_is_on(tmp_path: Path) -> None:
    async with site(tmp_path, flood_control=True) as place:
        await (await place.person(1)).say("hi")
        answers = [await place.call("sendMessage", chat_id=1, text=str(n)) for n in range(6)]
        assert [answer["ok"] for answer in answers] == [True] * 5 + [False]
        assert answers[-1]["description"] == "Too Many Requests: retry after 1"
        assert answers[-1]["parameters"] == {"retry_after": 1}
        place.clock.advance(1)
        assert (await place.call("sendMessage", chat_id=1, text="again"))["ok"]
