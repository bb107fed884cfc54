"""The bot copes with people who leave and messages that disappear while it works."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.bootstrap import Kuotu
from bot.playground import Person
from storage.models import Status
from tests.support.jobs import all_shown, unshown
from tests.support.messages import is_panel, is_result, is_status
from tests.support.photos import SAMPLES
from tests.support.scenes import start_a_long_one

Newcomer = Callable[..., Awaitable[Person]]


async def test_a_status_message_that_was_deleted_is_replaced_by_the_result(chat: Person) -> None:
    status = await start_a_long_one(chat)
    await chat.delete(status)
    result = await chat.wait_for(is_result)
    assert result.id > status.id


async def test_cancelling_ends_it_and_offers_another_try(chat: Person, kuotu: Kuotu) -> None:
    status = await start_a_long_one(chat)
    assert await chat.tap(status, "Cancel") == "Cancelled."
    ended = await chat.wait_for(lambda m: "🔁 Try again" in m.labels)
    assert ended.id == status.id
    number = int(str(ended.button("Try again").data).split("|")[1])
    cancelled = await kuotu.services.store.expansion(number)
    assert cancelled is not None
    assert cancelled.status is Status.CANCELLED  # so it does not count against the quota
    await chat.tap(ended, "Try again")
    await chat.wait_for(is_result)
    assert (await chat.wait_for(lambda m: m.id == ended.id)).labels == ["🔁 Try again"]


async def test_only_who_asked_may_cancel(newcomer: Newcomer) -> None:
    ann, ben = await newcomer("Ann"), await newcomer("Ben")
    group = await ann.new_group("Sunday club", [ann.user, ben.user])
    ann, ben = await newcomer("Ann", user=ann.user, chat=group), await newcomer("Ben", user=ben.user, chat=group)
    sent = await ann.send_photo(SAMPLES / "picos.jpg")
    await ann.say("/expand", reply_to=sent)
    await ann.tap(await ann.wait_for(is_panel), "Expand")
    status = await ben.wait_for(is_status)
    assert await ben.tap(status, "Cancel") == "This is somebody else's."
    await ben.wait_for(is_result)


async def test_somebody_who_blocked_the_bot_is_given_up_and_keeps_nobody_waiting(
    kuotu: Kuotu, newcomer: Newcomer, photo: bytes
) -> None:
    ann, ben = await newcomer("Ann"), await newcomer("Ben")
    await start_a_long_one(ann)
    await ann.block()
    await ben.send_document(photo)
    await ben.tap(await ben.wait_for(is_panel), "Expand")  # one worker: his runs after hers
    await ben.wait_for(is_result)
    await all_shown(kuotu, ann.user)
    chat = await kuotu.services.people.chat(ann.chat)
    assert chat is not None
    assert chat.gone_at is not None
    await ann.unblock()
    mark = ann.now
    await ann.send_document(photo)
    await ann.tap(await ann.wait_for(is_panel, after=mark), "Expand")
    await ann.wait_for(is_result, after=mark)


async def test_what_telegram_refuses_for_good_is_given_up(kuotu: Kuotu, newcomer: Newcomer, photo: bytes) -> None:
    ann, ben = await newcomer("Ann"), await newcomer("Ben")
    await start_a_long_one(ann)
    await kuotu.services.people.migrate_chat(ann.chat, -404)  # a chat that does not exist
    for _ in range(10):  # his are painted and delivered after hers, each chat at its own pace
        mark = ben.now
        await ben.send_document(photo)
        await ben.tap(await ben.wait_for(is_panel, after=mark), "Expand")
        await ben.wait_for(is_result, after=mark)
        if not (late := await unshown(kuotu, ann.user)):
            break
    assert late == []
