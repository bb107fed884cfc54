"""All edits of a chat share one rate limit: some go at once, some wait, and outdated ones are dropped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import pytest
from telegram.error import BadRequest

from bot.chat.telegram.limiter import OVERALL, Limiter
from bot.chat.telegram.outbox import Outbox, Rank
from bot.turns import LocalTurns, MessageKey
from tests.support.manual_clock import ManualClock

GROUP, ANN = -100, 7


class Chats:
    """Records when and how each message is drawn."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.drawn: list[tuple[float, int, str]] = []

    def drawing(self, message: MessageKey, words: str) -> Callable[[], Awaitable[None]]:
        return partial(self._draw, message, words)

    async def _draw(self, message: MessageKey, words: str) -> None:
        self.drawn.append((self.clock.now(), message[1], words))


async def settle() -> None:
    """Run all tasks until every one of them waits."""
    for _ in range(50):
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def chats(clock: ManualClock) -> Chats:
    return Chats(clock)


@pytest.fixture
async def outbox(clock: ManualClock) -> AsyncIterator[Outbox]:
    outbox = Outbox(LocalTurns(clock), clock, private_pace=1.0, group_pace=6.0)
    yield outbox
    await outbox.close()


async def test_a_group_gets_one_edit_per_pace_whatever_it_is_about(
    outbox: Outbox, chats: Chats, clock: ManualClock
) -> None:
    """Status messages, films and vote counts share ten edits a minute."""
    for minute_second in range(60):
        for message, rank in ((1, Rank.PROGRESS), (2, Rank.PROGRESS), (3, Rank.COUNTS)):
            outbox.ask((GROUP, message), rank, chats.drawing((GROUP, message), str(minute_second)))
        await settle()
        clock.advance(1)
    await settle()
    moments = [moment for moment, _, _ in chats.drawn if moment < 60]
    assert moments == [0, 6, 12, 18, 24, 30, 36, 42, 48, 54]


async def test_edits_that_may_wait_leave_room_for_results(chats: Chats, clock: ManualClock) -> None:
    limiter = Limiter(clock)
    outbox = Outbox(LocalTurns(clock), clock, room=limiter.until_room)

    async def answer() -> bool:
        return True

    for chat in range(1, OVERALL + 1):  # results take all places of this second
        await limiter.process_request(answer, (), {}, "editMessageMedia", {"chat_id": chat}, None)
    outbox.ask((ANN, 1), Rank.PROGRESS, chats.drawing((ANN, 1), "42 %"))
    await settle()
    assert chats.drawn == []
    clock.advance(0.5)
    await settle()
    assert [words for _, _, words in chats.drawn] == ["42 %"]
    await outbox.close()


async def test_only_the_newest_state_of_a_message_is_drawn(outbox: Outbox, chats: Chats, clock: ManualClock) -> None:
    for words in ("10%", "20%", "30%"):
        outbox.ask((ANN, 1), Rank.PROGRESS, chats.drawing((ANN, 1), words))
        await settle()
    clock.advance(1)
    await settle()
    assert [words for _, _, words in chats.drawn] == ["10%", "30%"]


async def test_progress_comes_before_counts(outbox: Outbox, chats: Chats, clock: ManualClock) -> None:
    outbox.ask((ANN, 1), Rank.COUNTS, chats.drawing((ANN, 1), "first"))
    await settle()
    outbox.ask((ANN, 2), Rank.COUNTS, chats.drawing((ANN, 2), "counts"))
    outbox.ask((ANN, 3), Rank.PROGRESS, chats.drawing((ANN, 3), "progress"))
    for _ in range(2):
        clock.advance(1)
        await settle()
    assert [words for _, _, words in chats.drawn] == ["first", "progress", "counts"]


async def test_a_result_does_not_wait_and_pushes_the_others_back(
    outbox: Outbox, chats: Chats, clock: ManualClock
) -> None:
    outbox.ask((GROUP, 1), Rank.PROGRESS, chats.drawing((GROUP, 1), "10%"))
    await settle()
    outbox.ask((GROUP, 2), Rank.COUNTS, chats.drawing((GROUP, 2), "counts"))
    clock.advance(5)
    async with outbox.at_once((GROUP, 1)):
        await chats.drawing((GROUP, 1), "result")()
    clock.advance(5)
    await settle()
    assert [drawn[2] for drawn in chats.drawn] == ["10%", "result"]
    clock.advance(1)
    await settle()
    assert chats.drawn[1:] == [(5, 1, "result"), (11, 2, "counts")]


async def test_progress_that_was_asked_for_never_covers_the_result(
    outbox: Outbox, chats: Chats, clock: ManualClock
) -> None:
    outbox.ask((ANN, 1), Rank.PROGRESS, chats.drawing((ANN, 1), "10%"))
    await settle()
    outbox.ask((ANN, 1), Rank.PROGRESS, chats.drawing((ANN, 1), "90%"))
    async with outbox.at_once((ANN, 1)):
        await chats.drawing((ANN, 1), "result")()
    clock.advance(10)
    await settle()
    assert [words for _, _, words in chats.drawn] == ["10%", "result"]


async def test_an_edit_that_telegram_refuses_stops_nothing(outbox: Outbox, chats: Chats, clock: ManualClock) -> None:
    async def refused() -> None:
        raise BadRequest("Message to edit not found")

    outbox.ask((ANN, 1), Rank.PROGRESS, refused)
    outbox.ask((ANN, 2), Rank.COUNTS, chats.drawing((ANN, 2), "counts"))
    await settle()
    clock.advance(1)
    await settle()
    assert [words for _, _, words in chats.drawn] == ["counts"]


async def test_chats_do_not_wait_for_one_another(outbox: Outbox, chats: Chats) -> None:
    for chat in range(1, 20):
        outbox.ask((chat, chat), Rank.PROGRESS, chats.drawing((chat, chat), "now"))
    await settle()
    assert len(chats.drawn) == 19
