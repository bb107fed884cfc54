"""/forget asks first, then removes every trace of a person from the database, the pictures and the chats."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from storage.database import transactions
from storage.models import Message as Shown
from storage.models import now
from tests.support.bot import kuotu_in
from tests.support.messages import is_panel, is_result
from tests.support.photos import small_photo
from tests.support.scenes import expansion_of, forge, group_of, published, result_in
from tests.support.traces import inbox_is_empty, no_stray_blobs, traces

QUESTION = "🗑 Yes, everything"
NOT_YOURS = "Only the one who asked can answer this."


@pytest.fixture(scope="module")
def own_settings() -> dict[str, Any]:
    """The usual settings, with a database and blobs that no other module uses."""
    return {}


async def ask(chat: Person) -> Message:
    await chat.say("/forget")
    return await chat.wait_for(lambda m: QUESTION in m.labels)


async def done(chat: Person) -> Message:
    return await chat.wait_for(lambda m: m.text.startswith("Done. Everything about you is gone"))


async def test_no_keeps_everything(kuotu: Kuotu, chat: Person) -> None:
    result = await result_in(chat)
    await chat.tap(await ask(chat), "No, keep it")
    await chat.wait_for(lambda m: m.text == "Nothing was deleted.")
    assert await kuotu.services.store.expansion(expansion_of(result)) is not None


async def test_only_the_one_who_asked_can_answer(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    question = await ask(ann)
    assert await bob.tap(question.id, QUESTION) == NOT_YOURS
    assert await bob.tap(question.id, "No, keep it") == NOT_YOURS
    assert await forge(bob, f"fy|{ann.user}") == NOT_YOURS
    assert await kuotu.services.people.person(ann.user) is not None


async def test_nothing_is_left(kuotu: Kuotu, newcomer: Any, database: AsyncEngine, folder: Path) -> None:
    ann, bob = await newcomer("Ann", user=777_001), await newcomer("Bob", user=777_002)
    made, _title = await published(ann)
    await ann.say("Goodbye")
    await ann.wait_for(lambda m: "in the gallery!" in m.text)
    await ann.tap(made, "×2")
    await ann.wait_for(lambda m: "· ×2" in m.text and "📣 Publish" in m.labels)
    await bob.say("/gallery")
    card = await bob.wait_for(lambda m: "▶" in m.labels)
    await bob.tap(card, "🤣")
    theirs, _question = await published(bob)
    await ann.say("/gallery")
    page = await ann.wait_for(lambda m: "▶" in m.labels)
    await ann.tap(page, f"fe|{expansion_of(page)}|😍")
    await ann.say("/mine")
    await ann.wait_for(lambda m: "Tap a number" in m.text)
    await ann.say("/settings")
    await ann.tap(await ann.wait_for(lambda m: "中文" in m.labels), "2×")
    everywhere = {"people", "chats", "photos", "panels", "expansions", "messages"}
    everywhere |= {"posts", "reactions", "impressions", "galleries"}
    assert await traces(database, ann.user) >= everywhere
    await ann.tap(await ask(ann), QUESTION)
    report = await done(ann)
    await inbox_is_empty(database)
    assert await traces(database, ann.user) == {"spent_quota"}  # how many expansions, for a day
    await no_stray_blobs(database, folder)
    assert [m.id for m in ann.messages if m.from_bot] == [report.id]
    await bob.wait_gone(card)  # the card showed her picture
    post = await kuotu.services.gallery.post_of(expansion_of(theirs))
    assert post is not None
    assert (post.loving, post.impressions) == (0, 0)


async def test_what_others_made_of_it_goes_and_they_are_told(
    kuotu: Kuotu, newcomer: Any, database: AsyncEngine
) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    own = await result_in(bob)
    photo = await ann.send_document(small_photo(longest=48), caption="/expand")
    await ann.wait_for(is_panel)
    asked = await bob.say("/expand", reply_to=photo.id)
    await bob.tap(await bob.wait_for(lambda m: is_panel(m) and m.reply_to == asked.id), "Expand")
    made = await bob.wait_for(lambda m: is_result(m) and m.id > own.id)
    await ann.tap(await ask(ann), QUESTION)
    await done(ann)
    await bob.wait_gone(made)
    told = await bob.wait_for(lambda m: "Somebody asked to be forgotten" in m.text)
    assert "one of your expansions" in told.text
    assert await kuotu.services.store.expansion(expansion_of(made)) is None
    assert await kuotu.services.store.expansion(expansion_of(own)) is not None
    await inbox_is_empty(database)
    assert await traces(database, ann.user) == set()


async def test_old_messages_lose_their_buttons_and_the_report_says_so(
    kuotu: Kuotu, newcomer: Any, database: AsyncEngine
) -> None:
    ann = await newcomer("Ann")
    result = await result_in(ann)
    async with transactions(database).write() as session:
        old = update(Shown).where(Shown.chat_id == ann.user, Shown.message_id == result.id)
        await session.execute(old.values(sent_at=now() - timedelta(days=3)))
    await ann.tap(await ask(ann), QUESTION)
    report = await done(ann)
    assert "One message is more than two days old" in report.text
    left = [m for m in ann.messages if m.from_bot and m.id != report.id]
    assert [(m.id, m.buttons) for m in left] == [(result.id, [])]


async def test_a_running_job_ends_and_leaves_no_picture(
    newcomer: Any, kuotu: Kuotu, database: AsyncEngine, folder: Path
) -> None:
    ann, bob = await newcomer("Ann"), await newcomer("Bob")
    await ann.send_document(small_photo(longest=600))
    await ann.tap(await ann.wait_for(is_panel), "Expand")
    await ann.tap(await ask(ann), QUESTION)
    await done(ann)
    assert await traces(database, ann.user) <= {"inbox"}
    await result_in(bob)  # the only worker has stopped hers before this ends
    await no_stray_blobs(database, folder)


async def test_the_question_is_answered_after_a_restart(newcomer: Any, tmp_path: Path) -> None:
    async with kuotu_in(tmp_path, work=False) as kuotu:
        ann = await newcomer("Ann", address=kuotu.address)
        await ann.send_document(small_photo(longest=48))
        await ann.wait_for(is_panel)
        question = await ask(ann)
        port = int(kuotu.address.rstrip("/").rpartition(":")[2])
    async with kuotu_in(tmp_path, work=False, port=port):
        await ann.tap(question, QUESTION)
        await done(ann)
        assert not any(is_panel(m) for m in ann.messages)
