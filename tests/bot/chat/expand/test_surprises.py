"""The words that a bold style draws are stored with the expansion and shown in the reader's language."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.bootstrap import Kuotu
from bot.chat.cards.lines import drawn as told
from bot.chat.choice import margins_of
from bot.chat.texts import texts
from inference.diffusion.surprises import drawn, labels
from inference.engine import Style
from storage.models import Expansion
from tests.support.messages import is_result
from tests.support.photos import small_photo
from tests.support.scenes import card_at, doubled, expanded, expansion_of, now, shown


@pytest.fixture(scope="module")
def kuotu(weighty: Kuotu) -> Kuotu:
    """The Kuotu with the diffusion engine; the preset of a photo without a caption is tiny-sd15."""
    return weighty


def ids_of(row: Expansion) -> list[str]:
    return [word.id for word, _ in drawn(Style(row.style), margins_of(row), row.seed)]


async def test_what_is_drawn_is_kept_told_and_handed_over(kuotu: Kuotu, newcomer: Any) -> None:
    ann, mei = await newcomer("Ann"), await newcomer("小梅", language="zh-hans")
    playful = await expanded(ann, small_photo(longest=64), "🎈 Playful")
    row = shown(await kuotu.services.store.expansion(expansion_of(playful)))
    assert len(row.words or ()) == 1
    assert row.words == ids_of(row)
    assert f"🪄 {labels(row.words, 'en')[0]}" in playful.text
    assert row.recipe is not None
    assert row.recipe["key"].startswith("tiny-sd15@sd15 ")
    assert row.recipe["worked_at"] == ["160x96"]
    large = shown(await kuotu.services.store.expansion(expansion_of(await doubled(ann, playful))))
    assert (large.words, large.surprise) == (row.words, row.surprise)
    await ann.say("/mydata")
    file = await ann.wait_for(lambda m: m.kind == "document" and m.file and m.file["file_name"].endswith(".json"))
    assert [kept["words"] for kept in json.loads(await ann.download(file))["expansions"]] == [row.words] * 2
    await kuotu.services.gallery.publish(row.id, ann.user, "", 0.5)
    post = await kuotu.services.gallery.post_of(row.id)
    assert post is not None
    assert f"🪄 {labels(row.words, 'zh')[0]}" in (await card_at(mei, post.id)).text


async def test_faithful_draws_nothing_and_every_variant_draws_anew(kuotu: Kuotu, newcomer: Any) -> None:
    chat = await newcomer("Ann")
    faithful = await expanded(chat, small_photo(longest=64))
    assert "🪄" not in faithful.text
    mark = chat.now
    wild = await expanded(chat, small_photo(longest=64), "🌀 Wild")
    await chat.tap(now(chat, wild), "Again")
    again = await chat.wait_for(lambda m: is_result(m) and m.id > wild.id, after=mark)
    await chat.tap(now(chat, again), "Four")
    sheet = await chat.wait_for(lambda m: {"1", "2", "3", "4"} <= set(m.labels))
    variants = [int(str(button.data).split("|")[1]) for button in sheet.buttons]
    made = [expansion_of(faithful), expansion_of(wild), expansion_of(again), *variants]
    rows = [shown(await kuotu.services.store.expansion(number)) for number in made]
    assert [row.words for row in rows] == [ids_of(row) for row in rows]
    assert rows[0].words == []
    assert len({row.seed for row in rows}) == len(rows)
    assert len({tuple(row.words or ()) for row in rows[1:]}) > 1


def test_words_are_told_in_the_readers_language_and_forgotten_ones_left_out() -> None:
    row = Expansion(words=["kites", "no longer in the list", "rubber-duck"])
    assert told(texts("en"), row) == "dragon-shaped kites on long strings and a giant yellow rubber duck"
    assert told(texts("zh"), row) == "长线牵着的龙形风筝和一只巨大的小黄鸭"
    assert told(texts("en"), Expansion(words=None)) == told(texts("en"), Expansion(words=["gone"])) == ""
