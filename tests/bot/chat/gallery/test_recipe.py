"""«Do mine like this»: a link or a button, the next photo's panel, and the count of who did it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.bootstrap import Kuotu
from bot.chat.choice import Choice
from bot.chat.expand.recipe import choice_like
from bot.chat.texts import texts
from bot.playground import Message, Person
from inference.engine import Reads, Style
from inference.growth import Direction
from storage.database import transactions
from storage.models import Expansion, Post, RecipeWish, now
from tests.support.messages import is_panel
from tests.support.photos import small_photo
from tests.support.scenes import answer_to, card_at, group_of, post_by

GONE = "This picture is not in the gallery any more."
LIKE = "👯 Do mine like this"


@pytest.fixture(scope="module")
def own_settings() -> dict[str, Any]:
    """The usual settings, with a gallery that no other module uses."""
    return {}


async def wild_post(kuotu: Kuotu, database: AsyncEngine, author: Person, title: str = "") -> Post:
    """Publish an expansion to the left, 1.25 times, with drawn words."""
    _result, post = await post_by(kuotu, author)
    choices = {"direction": "left", "scale": 1.25, "style": "wild", "words": ["rubber-duck"], "prompt": "my secret"}
    async with transactions(database).write() as session:
        await session.execute(update(Expansion).where(Expansion.id == post.expansion_id).values(**choices))
    if title:
        await kuotu.services.gallery.retitle(post.id, author.user, title)
    return post


async def panel_of(chat: Person, **how: Any) -> Message:
    sent = await chat.send_photo(small_photo(longest=64), **how)
    return await chat.wait_for(lambda m: is_panel(m) and m.id > sent.id)


async def choice_of(kuotu: Kuotu, panel: Message) -> Choice:
    number = int(str(panel.button("Expand").data).split("|")[1])
    row = await kuotu.services.store.panels.panel(number)
    assert row is not None
    return Choice.of(row)


LIKE_THAT = Choice(Direction.LEFT, 1.25, None, Style.WILD)


async def test_a_link_makes_the_next_photo_like_the_post_and_only_that(
    kuotu: Kuotu, database: AsyncEngine, newcomer: Any
) -> None:
    ann, bob = await newcomer("Ann <b>"), await newcomer("Bob")
    post = await wild_post(kuotu, database, ann, "Duck & co")
    asked = await answer_to(bob, f"/start r{post.id}")
    assert asked.text == "👯 Send me a photo and I'll do it like “Duck & co” by Ann <b>:\n⬅️ 1.25× · 🌀 Wild"
    panel = await panel_of(bob, caption="my own words")
    assert await choice_of(kuotu, panel) == replace(LIKE_THAT, prompt="my own words")
    assert "👯 Same choices as “Duck & co” by Ann <b>" in panel.text.splitlines()
    other = await panel_of(bob)
    assert (await choice_of(kuotu, other)).direction is Direction.ALL
    assert "👯" not in other.text
    assert await kuotu.services.recipes.uses(post.id) == 1
    assert "👯 One person did theirs like this" in (await card_at(bob, post.id)).text


async def test_a_panel_says_whose_choices_it_has_until_they_are_changed(
    kuotu: Kuotu, database: AsyncEngine, newcomer: Any
) -> None:
    ann, mei = await newcomer("Ann"), await newcomer("小梅", language="zh")
    post = await wild_post(kuotu, database, ann)
    await answer_to(mei, f"/start r{post.id}")
    sent = await mei.send_photo(small_photo(longest=64))
    panel = await mei.wait_for(lambda m: "👯 照着 Ann 的那张来" in m.text.splitlines() and m.id > sent.id)
    await mei.tap(panel, "🌀")  # it is chosen already
    assert "👯" in next(m.text for m in mei.messages if m.id == panel.id)
    await mei.tap(panel, "🎈")
    await mei.wait_for(lambda m: m.id == panel.id and "👯" not in m.text)


async def test_the_button_of_a_card_does_the_same(kuotu: Kuotu, database: AsyncEngine, newcomer: Any) -> None:
    ann, bob, mei = await newcomer("Ann"), await newcomer("Bob"), await newcomer("小梅", language="zh")
    post = await wild_post(kuotu, database, ann)
    for chat, button, said in (
        (mei, "我也要同款", "我照着 Ann 的这张给你做同款"),
        (bob, LIKE, "do it like this one by Ann"),
    ):
        card, mark = await card_at(chat, post.id), chat.now
        await chat.tap(card, button)
        asked = await chat.wait_for(lambda m: "1.25×" in m.text and not m.labels, after=mark)
        assert said in asked.text
    assert await choice_of(kuotu, await panel_of(bob)) == LIKE_THAT
    own = await card_at(ann, post.id)
    await ann.tap(own, LIKE)
    assert await choice_of(kuotu, await panel_of(ann)) == LIKE_THAT
    assert await kuotu.services.recipes.uses(post.id) == 1  # an author's own does not count


async def test_elsewhere_the_button_is_a_link(kuotu: Kuotu, database: AsyncEngine, newcomer: Any) -> None:
    friend, _other = await group_of(newcomer, "Fay", "Gus")
    post = await wild_post(kuotu, database, await newcomer("Ann"))
    card = await card_at(friend, post.id)
    address = str(card.button(LIKE).url)
    assert address.endswith(f"?start=r{post.id}")


async def test_a_photo_that_cannot_be_leaves_the_wish_and_a_day_ends_it(
    kuotu: Kuotu, database: AsyncEngine, newcomer: Any
) -> None:
    bob = await newcomer("Bob")
    post = await wild_post(kuotu, database, await newcomer("Ann"))
    await answer_to(bob, f"/start r{post.id}")
    mark = bob.now
    await bob.send_document(b"no picture", name="x.jpg")
    await bob.wait_for(lambda m: m.from_bot, after=mark)
    assert await choice_of(kuotu, await panel_of(bob)) == LIKE_THAT
    await answer_to(bob, f"/start r{post.id}")
    async with transactions(database).write() as session:
        wish = await session.get_one(RecipeWish, bob.user)
        wish.asked_at = now().replace(year=2020)
    assert (await choice_of(kuotu, await panel_of(bob))).direction is Direction.ALL


async def test_a_post_that_was_taken_back_is_no_recipe(kuotu: Kuotu, database: AsyncEngine, newcomer: Any) -> None:
    ann, bob = await newcomer("Ann"), await newcomer("Bob")
    post = await wild_post(kuotu, database, ann)
    await kuotu.services.gallery.unpublish(post.id, ann.user)
    assert (await answer_to(bob, f"/start r{post.id}")).text == GONE
    assert (await answer_to(bob, "/start r0")).text != GONE  # no such payload, so this is a usual start


async def test_what_is_drawn_becomes_the_prompt_in_a_language_that_the_engine_reads(kuotu: Kuotu) -> None:
    asked = {"direction": "up", "scale": None, "ratio": "1:1", "style": "wild", "prompt": "secret"}
    made = Expansion(**asked, chosen_engine="", words=["rubber-duck", "kites"])
    prompts = {
        Reads.NOTHING: "",
        Reads.ENGLISH: "a giant yellow rubber duck and dragon-shaped kites on long strings",
        Reads.ENGLISH_AND_CHINESE: "一只巨大的小黄鸭和长线牵着的龙形风筝",
    }
    for reads, prompt in prompts.items():
        services = replace(kuotu.services, engine=replace(kuotu.services.engine, reads=reads), processes=())
        assert choice_like(services, texts("zh"), made) == Choice(Direction.UP, None, "1:1", Style.WILD, prompt)
