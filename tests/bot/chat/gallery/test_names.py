"""Hostile names and titles are only words, wherever they are shown."""

from __future__ import annotations

from typing import Any

import pytest

from bot.bootstrap import Kuotu
from tests.support.scenes import card_at, forge, group_of, post_by

FAMILY = "👨‍👩‍👧‍👦"  # seven characters, three of them joiners
BIDI = "\u202e\u2066\u200f\u200b"


@pytest.fixture(scope="module")
def own_settings() -> dict[str, Any]:
    """The usual settings, with a gallery that no other module uses."""
    return {}


async def test_nobodys_data_is_handed_out_in_a_group(newcomer: Any) -> None:
    ann, _bob = await group_of(newcomer, "Ann", "Bob")
    await ann.say("/mydata")
    pointer = await ann.wait_for(lambda m: "between us" in m.text)
    assert str(pointer.button("Our chat").url).endswith("?start=mydata")


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        pytest.param("<b>bold</b> & <script>", "<b>bold</b> & <script>", id="html"),
        pytest.param(f"a{BIDI}b", "ab", id="bidi"),
        pytest.param("x" * 10_000, "x" * 128, id="ten-thousand"),
        pytest.param(FAMILY * 2000, (FAMILY * 19)[:128].rstrip("\u200d"), id="ten-thousand-of-emoji"),
        pytest.param("👨‍👩‍👧‍👦 🏳️‍🌈 👋🏽", "👨‍👩‍👧‍👦 🏳️‍🌈 👋🏽", id="emoji"),
        pytest.param("two\nlines\u2028three", "two lines three", id="lines"),
    ],
)
async def test_titles_and_names_are_only_words(kuotu: Kuotu, newcomer: Any, hostile: str, shown: str) -> None:
    ann, bob = await newcomer(hostile), await newcomer("Bob")
    _result, post = await post_by(kuotu, ann)
    await ann.say(hostile)
    await ann.wait_for(lambda m: "”\nIt's in the gallery!" in m.text)
    card = await card_at(bob, post.id)
    title = shown[:64].rstrip("\u200d")
    assert card.text.splitlines()[:2] == [f"“{title}”", f"by {shown}"]
    await bob.tap(card, "🤣")
    await bob.say("/top")
    assert f"“{title}” by {shown}" in (await bob.wait_for(lambda m: "masterpieces" in m.text)).text


async def test_a_person_without_a_readable_name_has_one(kuotu: Kuotu, newcomer: Any) -> None:
    ann, bob = await newcomer(BIDI), await newcomer("Bob")
    _result, post = await post_by(kuotu, ann)
    assert (await card_at(bob, post.id)).text.startswith("by 👤\n")
    assert await forge(bob, "pu|" + "9" * 30) is not None
