"""A message goes to the first place that accepts it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from telegram.error import BadRequest, Forbidden, TelegramError, TimedOut

from bot.chat.telegram.seat import Seat, take_a_seat

GROUP, TOPIC, ANN = -100, 5, 7
NO_TOPIC = BadRequest("Message thread not found")
NO_PHOTOS = BadRequest("Not enough rights to send photos to the chat")
BLOCKED = Forbidden("Forbidden: bot was blocked by the user")


def test_places_end_in_the_persons_private_chat() -> None:
    seat = Seat(GROUP, TOPIC)
    assert seat.and_elsewhere(ANN) == (seat, Seat(GROUP), Seat(ANN))
    assert Seat(GROUP).and_elsewhere(ANN) == (Seat(GROUP), Seat(ANN))
    assert Seat(ANN).and_elsewhere(ANN) == (Seat(ANN),)
    assert seat.and_elsewhere() == (seat, Seat(GROUP))


@pytest.mark.parametrize(
    ("refusals", "taken"),
    [([], Seat(GROUP, TOPIC)), ([NO_TOPIC], Seat(GROUP)), ([NO_TOPIC, NO_PHOTOS], Seat(ANN))],
)
async def test_the_first_place_that_accepts_is_taken(refusals: list[TelegramError], taken: Seat) -> None:
    assert await take_a_seat(Seat(GROUP, TOPIC).and_elsewhere(ANN), refusing(refusals)) == taken


async def test_where_none_accepts_the_first_refusal_is_told() -> None:
    with pytest.raises(BadRequest, match="photos"):
        await take_a_seat(Seat(GROUP).and_elsewhere(ANN), refusing([NO_PHOTOS, BLOCKED]))


async def test_an_unknown_fate_is_never_sent_elsewhere() -> None:
    asked = []

    async def send(seat: Seat) -> None:
        asked.append(seat)
        raise TimedOut

    with pytest.raises(TimedOut):
        await take_a_seat(Seat(GROUP).and_elsewhere(ANN), send)
    assert asked == [Seat(GROUP)]


def refusing(refusals: list[TelegramError]) -> Callable[[Seat], Awaitable[Seat]]:
    left = list(refusals)

    async def send(seat: Seat) -> Seat:
        if left:
            raise left.pop(0)
        return seat

    return send
