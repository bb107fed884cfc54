"""Five steps in one go: one tap expands a result step by step, and delivers the steps.

The film of them is in `tests/bot/chat/film/test_journey.py`.
"""

from __future__ import annotations

from typing import Any

import pytest

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from storage.models import Status
from tests.support.jobs import all_shown
from tests.support.journeys import GO, gone, is_over, steps_of
from tests.support.messages import is_panel, is_result, is_status, size
from tests.support.photos import small_photo
from tests.support.scenes import answer_to, expanded, expansion_of, forge, group_of, now, result_in, shown, taps

ROOM = 0.12  # megapixels, so that five steps take a second


@pytest.fixture(scope="module")
def own_settings() -> dict[str, Any]:
    return {"max_megapixels": ROOM}


async def test_a_number_brings_its_step_with_all_its_buttons_and_forgetting_takes_every_step(
    kuotu: Kuotu, chat: Person, photo: bytes
) -> None:
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
    question = await answer_to(chat, "/forget")
    await chat.tap(question, "everything")
    await chat.wait_for(lambda m: "Everything about you is gone" in m.text)
    assert await kuotu.services.store.expansions([step.id for step in steps]) == []
    await chat.wait_gone(over)


async def test_a_double_tap_is_one_journey_whose_progress_is_told_on_one_message(
    kuotu: Kuotu, chat: Person, photo: bytes
) -> None:
    first = await expanded(chat, photo)
    old = (await taps(chat, first, "⋯")).button(GO).data
    assert old == f"jo|{expansion_of(first)}|0"
    told: set[str] = set()

    def look(message: Message) -> bool:
        told.update(line for line in message.text.splitlines() if line.startswith("Step") and is_status(message))
        return is_over(message) and message.id > first.id

    await chat.tap(now(chat, first), GO)
    over = await chat.wait_for(look)
    assert told <= {f"Step {number} of 5" for number in range(1, 6)}
    assert "Step 1 of 5" in told
    assert not [m for m in chat.messages if m.id > first.id and m.id != over.id and is_status(m)]
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


async def under_way(chat: Person, step: int, sample: str = "astronaut", longest: int = 256) -> Message:
    """Begin five steps, of which the last take a while, and return their status message once it shows a step."""
    await chat.send_photo(small_photo(sample, longest))
    await chat.tap(await chat.wait_for(is_panel), "Expand")
    await chat.tap(await chat.wait_for(is_result), GO)
    return await chat.wait_for(lambda m: is_status(m) and f"Step {step} of 5" in m.text)


async def test_cancelling_keeps_what_is_painted(filmless_kuotu: Kuotu, newcomer: Any) -> None:
    kuotu = filmless_kuotu  # it has room for all the steps
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


async def test_cancelled_in_its_first_step_it_can_be_started_again(filmless_kuotu: Kuotu, newcomer: Any) -> None:
    chat = await newcomer("Ann", address=filmless_kuotu.address)
    status = await under_way(chat, 1, "picos", 1100)
    await chat.tap(status, "Cancel")
    ended = await chat.wait_for(lambda m: m.id == status.id and "Try again" in str(m.labels))
    await chat.tap(ended, "Try again")
    again = await chat.wait_for(lambda m: is_status(m) and "Step 1 of 5" in m.text and m.id > status.id)
    await chat.tap(again, "Cancel")
    await chat.wait_for(lambda m: m.id == again.id and "Try again" in str(m.labels))


async def test_nobody_goes_on_for_whoever_has_blocked_the_bot(filmless_kuotu: Kuotu, newcomer: Any) -> None:
    kuotu = filmless_kuotu
    chat = await newcomer("Ann", address=kuotu.address)
    await under_way(chat, 2)
    await chat.block()
    await all_shown(kuotu, chat.user)
    steps = await steps_of(kuotu, chat)
    painted = sum(step.status is Status.DONE for step in steps)
    assert 1 <= painted < 5
    assert await kuotu.services.store.left(chat.user, 50) == 50 - 1 - painted


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


async def test_one_step_that_is_left_is_an_ordinary_expansion(kuotu: Kuotu, chat: Person) -> None:
    first = await expanded(chat, small_photo(longest=236))  # one more step fills the room
    await chat.tap(first, GO)
    second = await chat.wait_for(lambda m: is_result(m) and m.id > first.id)
    row = shown(await kuotu.services.store.expansion(expansion_of(second)))
    assert (row.batch, row.steps, row.variant) == (None, 0, 0)


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
