"""Authors hear in their private chat that people laughed, and mute that with one tap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.bootstrap import Kuotu
from bot.chat.app import build_application
from bot.chat.gallery.applause import LOOK, Applauding
from bot.chat.telegram.media import remember
from bot.playground import Message, Person
from bot.playground.playground import DEFAULT_TOKEN
from storage.gallery.applause import GATHERING, PAUSE
from storage.models import Feeling, MessageKind, Post, Reaction, now
from tests.support.limits import HANG
from tests.support.manual_clock import ManualClock
from tests.support.rows import add, add_people, photo, posts_of


@pytest.fixture(scope="module")
def own_settings() -> dict[str, Any]:
    """A Kuotu whose database the tests fill with posts."""
    return {"work": False}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def applauding(kuotu: Kuotu, clock: ManualClock) -> AsyncIterator[Applauding]:
    """The loop, on a clock that the test moves. It starts when the first laughs have gathered."""
    start = now() + GATHERING + timedelta(minutes=1)
    application = build_application(kuotu.services, token=DEFAULT_TOKEN, api=kuotu.address.rstrip("/"))
    async with application.bot:
        moment: Callable[[], datetime] = lambda: start + timedelta(seconds=clock.now())  # noqa: E731
        yield Applauding(kuotu.services, application.bot, clock, moment)


async def author(newcomer: Any, database: AsyncEngine, language: str = "en") -> tuple[Person, Post]:
    """Return Ann, who has written to the bot, and a post of hers."""
    ann = await newcomer("Ann", language=language)
    await ann.say("hello")
    await ann.wait_for(lambda m: m.from_bot)
    source = photo(ann.user, chat_id=ann.user)
    await add(database, source)
    return ann, (await posts_of(database, source, 0.5))[0]


async def laugh(kuotu: Kuotu, database: AsyncEngine, post: Post, *people: int) -> None:
    await add_people(database, *people)
    for person in people:
        await kuotu.services.gallery.react(post.expansion_id, person, Feeling.LAUGHING)


async def laugh_at(database: AsyncEngine, moment: datetime, post: Post, person: int) -> None:
    """Have a new person laugh at a moment of the test's own clock."""
    await add_people(database, person)
    vote = Reaction(expansion_id=post.expansion_id, person_id=person, feeling=Feeling.LAUGHING, created_at=moment)
    await add(database, vote)


async def later(clock: ManualClock, seconds: float) -> None:
    """Move the clock when the loop sleeps, so that it wakes up."""
    async with asyncio.timeout(HANG):
        await clock.asleep.wait()
    clock.advance(seconds)


def is_applause(message: Message) -> bool:
    return "🤣" in message.text and "ap|" in str([b.data for b in message.buttons])


@asynccontextmanager
async def running(applauding: Applauding) -> AsyncIterator[None]:
    """Run the loop. A failure of it fails the test."""
    task = asyncio.create_task(applauding.run())
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("language", "words", "hush", "hushed"),
    [
        pytest.param("en", "🤣 2 people laughed at “Duck & co”.\n🥇 It's first today!", "Don't", "no more", id="en"),
        pytest.param("zh", "🤣 有 2 个人被《Duck & co》逗笑了。\n🥇 今天排第一！", "别告诉我", "不说了", id="zh"),
    ],
)
async def test_an_author_is_told_once_and_mutes_it_with_one_tap(
    kuotu: Kuotu,
    database: AsyncEngine,
    newcomer: Any,
    applauding: Applauding,
    clock: ManualClock,
    language: str,
    words: str,
    hush: str,
    hushed: str,
) -> None:
    ann, post = await author(newcomer, database, language)
    await kuotu.services.gallery.retitle(post.id, ann.user, "Duck & co")
    first = 9000 + ann.user * 10
    await laugh(kuotu, database, post, first, first + 1)
    async with running(applauding):
        told = await ann.wait_for(is_applause)
        assert told.text == words
        assert [b.data for b in told.buttons] == [f"op|{post.id}", "ap|0"]
        assert hushed in (await ann.tap(told, hush) or "")
        muted = await ann.wait_for(lambda m: m.id == told.id and m.buttons[1].data == "ap|1")
        await ann.tap(muted, "🔔")
        await ann.wait_for(lambda m: m.id == told.id and m.buttons[1].data == "ap|0")
    row = await kuotu.services.messages.message(ann.chat, told.id)
    assert row is not None
    assert (row.kind, row.person_id, row.expansion_id) == (MessageKind.POST, ann.user, post.expansion_id)
    await kuotu.services.gallery.unpublish(post.id, ann.user)


async def test_an_author_hears_once_a_day_and_only_of_new_laughter(
    kuotu: Kuotu, database: AsyncEngine, newcomer: Any, applauding: Applauding, clock: ManualClock
) -> None:
    """Bob is told in the same look as Ann, after her, so his message shows that she was passed over."""
    (ann, hers), (bob, his) = await author(newcomer, database), await author(newcomer, database)
    start, voter = applauding.moment(), 9000 + bob.user * 10
    await laugh_at(database, start - 2 * GATHERING, hers, voter)
    async with running(applauding):
        first = await ann.wait_for(is_applause)
        await laugh_at(database, start + timedelta(seconds=1), hers, voter + 1)
        await laugh_at(database, start - 2 * GATHERING, his, voter + 2)
        await later(clock, LOOK)
        await bob.wait_for(is_applause)
        assert len([m for m in ann.messages if is_applause(m)]) == 1
        await later(clock, PAUSE.total_seconds())
        second = await ann.wait_for(lambda m: is_applause(m) and m.id > first.id)
        assert second.text.startswith("🤣 1 person laughed at your picture.")
        assert len([m for m in bob.messages if is_applause(m)]) == 1


async def test_an_author_who_blocked_the_bot_is_left_alone(
    kuotu: Kuotu, database: AsyncEngine, newcomer: Any, applauding: Applauding, clock: ManualClock
) -> None:
    """The bot may not have heard of the block. It asks once, and then no more."""
    (ann, hers), (bob, his) = await author(newcomer, database), await author(newcomer, database)
    start, voter = applauding.moment(), 9000 + bob.user * 10
    await ann.block()
    await kuotu.services.people.chat_back(ann.user)
    await laugh_at(database, start - 2 * GATHERING, hers, voter)
    await laugh_at(database, start - 2 * GATHERING, his, voter + 1)
    async with running(applauding):
        await bob.wait_for(is_applause)
    chat = await kuotu.services.people.chat(ann.user)
    assert chat is not None
    assert chat.gone_at is not None
    assert not [m for m in ann.messages if is_applause(m)]


async def test_the_question_for_a_title_is_not_interrupted(
    kuotu: Kuotu, database: AsyncEngine, newcomer: Any, applauding: Applauding, clock: ManualClock
) -> None:
    (ann, hers), (bob, his) = await author(newcomer, database), await author(newcomer, database)
    start, voter = applauding.moment(), 9000 + bob.user * 10
    where = (ann.chat, ann.messages[-1].id)
    await remember(kuotu.services, where, MessageKind.TITLE, ann.user, hers.expansion_id)
    await laugh_at(database, start - 2 * GATHERING, hers, voter)
    await laugh_at(database, start - 2 * GATHERING, his, voter + 1)
    async with running(applauding):
        await bob.wait_for(is_applause)
        assert not [m for m in ann.messages if is_applause(m)]
        await kuotu.services.messages.forget(*where)
        await later(clock, LOOK)
        await ann.wait_for(is_applause)
