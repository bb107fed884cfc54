"""One chat's flood control holds up nobody else, and the pace of all calls stays within Telegram's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram.error import RetryAfter

from bot.chat.telegram.limiter import IN_GROUP, OVERALL, Bucket, Limiter
from bot.chat.telegram.share import LOOK, Share
from storage.jobs.news import News
from tests.support.manual_clock import ManualClock

GROUP, ANN, BEN = -100, 7, 8


class Telegram:
    """Answers calls, some of them with 429, and records when each arrived."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.limiter = Limiter(clock)
        self.floods: dict[int, list[int]] = {}
        self.done: list[tuple[float, int]] = []

    async def call(self, chat: int, method: str = "sendMessage") -> Any:
        async def answer() -> bool:
            if waits := self.floods.get(chat):
                raise RetryAfter(waits.pop(0))
            self.done.append((self.clock.now(), chat))
            return True

        data = {"chat_id": chat} if chat else {}
        return await self.limiter.process_request(answer, (), {}, method, data, None)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def telegram() -> Telegram:
    return Telegram(ManualClock())


async def test_a_flooded_chat_waits_as_long_as_asked_and_no_other_does(telegram: Telegram) -> None:
    telegram.floods[ANN] = [15]
    ann = asyncio.create_task(telegram.call(ANN))
    await settle()
    await telegram.call(BEN)
    await telegram.call(ANN, "editMessageMedia")  # flood control counts by method
    assert telegram.done == [(0.0, BEN), (0.0, ANN)]
    waiting = asyncio.create_task(telegram.call(ANN))  # the same method to the same chat waits without asking
    await settle()
    telegram.clock.advance(14.9)
    await settle()
    assert not ann.done()
    assert not waiting.done()
    telegram.clock.advance(0.2)
    await asyncio.gather(ann, waiting)
    assert [chat for _, chat in telegram.done] == [BEN, ANN, ANN, ANN]


async def test_a_second_flood_is_waited_out_too_but_a_long_one_is_the_callers(telegram: Telegram) -> None:
    telegram.floods[ANN] = [1, 1, 1]
    call = asyncio.create_task(telegram.call(ANN))
    for _ in range(3):
        await settle()
        telegram.clock.advance(1.0)
    assert await call is True
    telegram.floods[ANN] = [600]
    with pytest.raises(RetryAfter):
        await telegram.call(ANN)
    assert telegram.done == [(3.0, ANN)]


async def test_the_pace_of_a_group_and_of_all_chats_together(telegram: Telegram) -> None:
    calls = [asyncio.create_task(telegram.call(GROUP)) for _ in range(IN_GROUP + 1)]
    await settle()
    assert [call.done() for call in calls] == [True] * IN_GROUP + [False]
    telegram.clock.advance(60.0 / IN_GROUP)
    await asyncio.gather(*calls)
    telegram.clock.advance(1.0)
    many = [asyncio.create_task(telegram.call(1000 + n)) for n in range(2 * OVERALL)]
    await settle()
    assert sum(call.done() for call in many) == OVERALL
    telegram.clock.advance(1.0)
    await asyncio.gather(*many)


class Fellows(News):
    """The news of a program beside which as many others live as a test says."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self.living = 1

    async def fellows(self) -> int:
        return self.living


async def test_programs_of_one_bot_share_its_rate(telegram: Telegram, engine: AsyncEngine) -> None:
    news = Fellows(engine)
    sharing = asyncio.create_task(Share(OVERALL, telegram.limiter, news, telegram.clock).run())
    for living, rate in ((1, OVERALL), (3, OVERALL // 3), (1, OVERALL)):
        news.living = living
        await settle()
        telegram.clock.advance(LOOK)
        await settle()
        calls = [asyncio.create_task(telegram.call(n)) for n in range(1, OVERALL + 1)]
        await settle()
        assert sum(call.done() for call in calls) == rate
        telegram.clock.advance(60.0)
        await asyncio.gather(*calls)
    sharing.cancel()
    await asyncio.gather(sharing, return_exceptions=True)


async def test_answers_to_taps_and_the_menu_never_wait(telegram: Telegram) -> None:
    for _ in range(3 * OVERALL):
        await telegram.call(0, "answerCallbackQuery")
        await telegram.call(ANN, "sendChatAction")
    assert telegram.clock.now() == 0.0


def test_a_bucket_lets_a_burst_pass_and_then_one_call_in_each_interval() -> None:
    bucket = Bucket(3, 30.0)
    waits = [round(bucket.take(now), 6) for now in (0.0, 0.0, 0.0, 0.0, 0.0, 5.0, 100.0)]
    assert waits == [0.0, 0.0, 0.0, 10.0, 20.0, 25.0, 0.0]
    assert not bucket.idle(109.0)
    assert bucket.idle(110.0)
