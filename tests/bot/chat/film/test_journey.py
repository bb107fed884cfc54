"""The film of a journey of five steps tells that it is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from telegram.ext import ExtBot

from bot.bootstrap import Kuotu
from bot.chat.expand.ready import tell_ready
from bot.chat.texts import texts
from bot.playground import Person
from bot.playground.playground import DEFAULT_TOKEN
from storage.models import Expansion, Status
from tests.support.journeys import gone, steps_of
from tests.support.messages import is_film
from tests.support.scenes import expanded, expansion_of, result_in, shown

pytest.importorskip("av")


@pytest.fixture(scope="module")
def own_settings() -> dict[str, Any]:
    """The usual settings, with room for five small steps."""
    return {"max_megapixels": 0.12}


@pytest.fixture(scope="module")
def films() -> bool:
    return True


async def test_five_steps_are_five_expansions_of_one_chain(kuotu: Kuotu, chat: Person, photo: bytes) -> None:
    first = await expanded(chat, photo, "Playful")
    over = await gone(chat, first)
    steps = await steps_of(kuotu, chat)
    assert [step.variant for step in steps] == [1, 2, 3, 4, 5]
    assert {(step.status, step.style, step.scale) for step in steps} == {(Status.DONE, "playful", steps[0].scale)}
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


@pytest.mark.parametrize(("painted", "told"), [(1, ["✅ Ready"]), (2, [])], ids=["one", "two"])
async def test_a_journey_that_ended_early_is_told_by_its_film_or_by_a_word(
    kuotu: Kuotu, chat: Person, painted: int, told: list[str]
) -> None:
    result = await result_in(chat)
    row = shown(await kuotu.services.store.expansion(expansion_of(result)))
    row.steps, row.created_at = 5, row.created_at - timedelta(minutes=5)
    ends = [Status.DONE] * painted + [Status.FAILED]
    variants = [row, *(Expansion(status=end) for end in ends[1:])]
    async with ExtBot(DEFAULT_TOKEN, f"{kuotu.address}bot") as bot:
        await tell_ready(kuotu.services, bot, texts("en"), row, variants)
    await chat.say("/help")
    await chat.wait_for(lambda m: m.id > result.id and "/gallery" in m.text)
    assert [m.text for m in chat.messages if m.id > result.id and m.text == "✅ Ready"] == told
