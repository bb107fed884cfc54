"""Five steps in one go: one tap expands a result step by step, and delivers the steps and a film of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from telegram.ext import ExtBot

from bot.bootstrap import Kuotu
from bot.chat.expand.ready import tell_ready
from bot.chat.texts import texts
from bot.playground import Message, Person
from bot.playground.playground import DEFAULT_TOKEN
from storage.models import Expansion, Status
from tests.support.jobs import all_shown
from tests.support.messages import is_film, is_panel, is_result, is_status, size
from tests.support.photos import SAMPLES
from tests.support.scenes import answer_to, expanded, expansion_of, forge, group_of, now, result_in, shown, taps

GO = "Five steps in one go"
ROOM = 0.12  # megapixels, so that five steps take a second, and their film two
MORE_ROOM = 4.0  # megapixels, so that the later steps take long enough to be stopped in


@pytest.fixture(scope="module")
def own_settings() -> dict[str, Any]:
    return {"max_megapixels": ROOM}


def is_over(message: Message) -> bool:
    """Tell whether a message shows the steps of a journey that is over."""
    return bool(message.buttons) and all((button.data or "").startswith("pv|") for button in message.buttons)


async def gone(chat: Person, result: Message) -> Message:
    """Tap the button and return the message that shows all steps."""
    assert str(await chat.tap(result, GO)).startswith("On its way ✨")
    return await chat.wait_for(lambda m: is_over(m) and m.id > result.id)


async def steps_of(kuotu: Kuotu, chat: Person) -> list[Expansion]:
    """Return the steps of the person's newest journey."""
    newest = (await kuotu.services.store.mine(chat.user)).expansions[0]
    return await kuotu.services.store.batch(newest.batch or "")


async def test_five_steps_are_five_expansions_of_one_chain(kuotu: Kuotu, chat: Person, photo: bytes) -> None:
    pytest.importorskip("av")
    first = await expanded(chat, photo, "Wild")
    over = await gone(chat, first)
    steps = await steps_of(kuotu, chat)
    assert [step.variant for step in steps] == [1, 2, 3, 4, 5]
    assert {(step.status, step.style, step.scale) for step in steps} == {(Status.DONE, "wild", steps[0].scale)}
    sources = [expansion_of(first), *(step.id for step in steps)]
    chain = await kuotu.services.store.ancestry(steps[-1].id)
    assert [step.id for step in chain] == sources
    assert "5 steps, the most surprising first." in over.text
    order = sorted(steps, key=lambda step: (step.surprise or 0.0, step.variant), reverse=True)
    assert [button.label for button in over.buttons] == [str(step.variant) for step in order]
    film = await chat.wait_for(is_film)
    assert film.raw["reply_to_message"]["message_id"] == over.id
    fresh = [m for m in chat.messages if m.from_bot and m.id >= over.id]
    assert fresh == [over, film]


async def test_a_number_brings_its_step_with_all_its_buttons(kuotu: Kuotu, chat: Person, photo: bytes) -> None:
    over = await gone(chat, await expanded(chat, photo))
    steps = await steps_of(kuotu, chat)
    for number in ("3", "5"):
        await chat.tap(over, number)
        third = await chat.wait_for(lambda m, n=number: is_result(m) and expansion_of(m) == steps[int(n) - 1].id)
        result = shown(await kuotu.services.store.expansion(expansion_of(third))).result
        assert result is not None
        assert size(third) == (result.width, result.height)
    said = await chat.tap(now(chat, third), GO)
    assert (
        said
        == "There is no room for another step: it would pass 0.12 megapixels, 16,000 px a side, or a shape of 20 to 1."
    )


async def test_progress_is_told_on_one_message(chat: Person, photo: bytes) -> None:
    first = await expanded(chat, photo)
    told: set[str] = set()

    def look(message: Message) -> bool:
        told.update(line for line in message.text.splitlines() if line.startswith("Step") and is_status(message))
        return is_over(message) and message.id > first.id

    await chat.tap(first, GO)
    over = await chat.wait_for(look)
    assert told <= {f"Step {number} of 5" for number in range(1, 6)}
    assert "Step 1 of 5" in told
    assert not [m for m in chat.messages if m.id > first.id and m.id != over.id and is_status(m)]


async def test_a_double_tap_is_one_journey(kuotu: Kuotu, chat: Person, photo: bytes) -> None:
    first = await expanded(chat, photo)
    old = (await taps(chat, first, "⋯")).button(GO).data
    assert old == f"jo|{expansion_of(first)}|0"
    await gone(chat, now(chat, first))
    assert await forge(chat, old) == "That has started already."
    assert (await kuotu.services.store.mine(chat.user)).count == 6


async def test_the_quota_shortens_it_and_only_painted_steps_count(fresh_with: Any, newcomer: Any, photo: bytes) -> None:
    kuotu = await fresh_with(max_megapixels=ROOM, quota=4)
    chat = await newcomer("Ann", address=kuotu.address)
    over = await gone(chat, await expanded(chat, photo))
    assert "3 steps, the most surprising first." in over.text
    assert await kuotu.services.store.left(chat.user, 4) == 0
    assert str(await chat.tap(now(chat, (await of_first(chat))), GO)).startswith("You have used your 4 expansions")


async def of_first(chat: Person) -> Message:
    return next(m for m in chat.messages if is_result(m))


async def under_way(chat: Person, step: int) -> Message:
    """Begin five steps of a photo that is not small, and return their status message once it shows a step."""
    await chat.send_photo(SAMPLES / "astronaut.jpg")
    await chat.tap(await chat.wait_for(is_panel), "Expand")
    await chat.tap(await chat.wait_for(is_result), GO)
    return await chat.wait_for(lambda m: is_status(m) and f"Step {step} of 5" in m.text)


async def test_cancelling_keeps_what_is_painted(fresh_with: Any, newcomer: Any) -> None:
    kuotu = await fresh_with(max_megapixels=MORE_ROOM, quota=50)
    chat = await newcomer("Ann", address=kuotu.address)
    status = await under_way(chat, 3)
    assert await chat.tap(status, "Cancel") == "Cancelled."
    over = await chat.wait_for(lambda m: m.id == status.id and is_over(m))
    steps = await steps_of(kuotu, chat)
    done = [step for step in steps if step.status is Status.DONE]
    assert 2 <= len(done) < 5
    assert f"It stopped after {len(done)} of 5 steps." in over.text
    assert await kuotu.services.store.left(chat.user, 50) == 50 - 1 - len(done)
    await chat.say("/cancel")
    await chat.wait_for(lambda m: m.text == "Nothing of yours is running.")


async def test_cancelled_in_its_first_step_it_can_be_started_again(fresh_with: Any, newcomer: Any) -> None:
    kuotu = await fresh_with()
    chat = await newcomer("Ann", address=kuotu.address)
    await chat.send_photo(SAMPLES / "picos.jpg")
    await chat.tap(await chat.wait_for(is_panel), "Expand")
    await chat.tap(await chat.wait_for(is_result), GO)
    status = await chat.wait_for(lambda m: is_status(m) and "Step 1 of 5" in m.text)
    await chat.tap(status, "Cancel")
    ended = await chat.wait_for(lambda m: m.id == status.id and "Try again" in str(m.labels))
    await chat.tap(ended, "Try again")
    again = await chat.wait_for(lambda m: is_status(m) and "Step 1 of 5" in m.text and m.id > status.id)
    await chat.tap(again, "Cancel")
    await chat.wait_for(lambda m: m.id == again.id and "Try again" in str(m.labels))


async def test_nobody_goes_on_for_whoever_has_blocked_the_bot(fresh_with: Any, newcomer: Any) -> None:
    kuotu = await fresh_with(max_megapixels=MORE_ROOM, quota=50)
    chat = await newcomer("Ann", address=kuotu.address)
    await under_way(chat, 2)
    await chat.block()
    await all_shown(kuotu, chat.user)
    steps = await steps_of(kuotu, chat)
    painted = sum(step.status is Status.DONE for step in steps)
    assert 1 <= painted < 5
    assert await kuotu.services.store.left(chat.user, 50) == 50 - 1 - painted


@pytest.mark.parametrize(("painted", "told"), [(1, ["✅ Ready"]), (2, [])], ids=["one", "two"])
async def test_a_journey_that_ended_early_is_told_by_its_film_or_by_a_word(
    kuotu: Kuotu, chat: Person, photo: bytes, painted: int, told: list[str]
) -> None:
    pytest.importorskip("av")
    result = await expanded(chat, photo)
    row = shown(await kuotu.services.store.expansion(expansion_of(result)))
    row.steps, row.created_at = 5, row.created_at - timedelta(minutes=5)
    ends = [Status.DONE] * painted + [Status.FAILED]
    variants = [row, *(Expansion(status=end) for end in ends[1:])]
    async with ExtBot(DEFAULT_TOKEN, f"{kuotu.address}bot") as bot:
        await tell_ready(kuotu.services, bot, texts("en"), row, variants)
    await chat.say("/help")
    await chat.wait_for(lambda m: m.id > result.id and "/gallery" in m.text)
    assert [m.text for m in chat.messages if m.id > result.id and m.text == "✅ Ready"] == told


async def test_in_a_group_it_is_the_owners(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await group_of(newcomer, "Ann", "Bob")
    first = await result_in(ann)
    data = f"jo|{expansion_of(first)}|0"
    tapped = await bob.press_data(first, data)
    assert (await bob.answer_to(tapped))["text"] in (
        "This is somebody else's.",
        "This button is out of date; the newest one works.",
    )
    over = await gone(ann, first)
    assert await bob.tap(over, "1") == "This is somebody else's."
    await ann.tap(over, "1")
    await ann.wait_for(lambda m: is_result(m) and m.id > over.id)


async def test_one_step_that_is_left_is_an_ordinary_expansion(fresh_with: Any, newcomer: Any, photo: bytes) -> None:
    kuotu = await fresh_with(max_megapixels=0.055)
    chat = await newcomer("Ann", address=kuotu.address)
    first = await expanded(chat, photo)
    await chat.tap(first, GO)
    second = await chat.wait_for(lambda m: is_result(m) and m.id > first.id)
    row = shown(await kuotu.services.store.expansion(expansion_of(second)))
    assert (row.batch, row.steps, row.variant) == (None, 0, 0)


async def test_forgetting_takes_every_step(kuotu: Kuotu, newcomer: Any, photo: bytes) -> None:
    chat = await newcomer("Ann")
    over = await gone(chat, await expanded(chat, photo))
    ids = [step.id for step in await steps_of(kuotu, chat)]
    question = await answer_to(chat, "/forget")
    await chat.tap(question, "everything")
    await chat.wait_for(lambda m: "Everything about you is gone" in m.text)
    assert await kuotu.services.store.expansions(ids) == []
    await chat.wait_gone(over)


async def test_a_deleted_step_leaves_the_sheet_and_the_last_takes_it_away(
    kuotu: Kuotu, newcomer: Any, photo: bytes
) -> None:
    chat = await newcomer("Ann")
    over = await gone(chat, await expanded(chat, photo))
    steps = await steps_of(kuotu, chat)
    left = [button.label for button in over.buttons]
    for step in steps:
        mark = chat.now
        await chat.tap(over.id, str(step.variant))
        alone = await chat.wait_for(lambda m: is_result(m) and m.id > over.id, after=mark)
        question = await taps(chat, alone, "⋯", "Delete")
        left.remove(str(step.variant))
        mark = chat.now
        await chat.tap(question, "Yes, delete")
        if left:
            now_shown = await chat.wait_for(lambda m: m.id == over.id, after=mark)
            assert [button.label for button in now_shown.buttons] == left
    await chat.wait_gone(over)
