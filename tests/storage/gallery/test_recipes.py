"""Wishes to have a photo done like a post hold for a day, and uses count once for a person and never for an author."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.gallery.posts import GalleryStore
from storage.gallery.recipes import AGE, Recipes
from storage.models import Photo, Post, now
from storage.people.people import People
from tests.support.rows import ANN, BOB, CAT, posts_of

NOW = now()
LATER = NOW + AGE - timedelta(seconds=1)


@pytest.fixture
def recipes(engine: AsyncEngine) -> Recipes:
    return Recipes(engine)


@pytest.fixture
async def posts(engine: AsyncEngine, source: Photo) -> list[Post]:
    """Two posts of Ann's."""
    return await posts_of(engine, source, 0.5, 0.6)


async def wished(recipes: Recipes, person: int, chat: int, moment: object = LATER) -> int | None:
    post = await recipes.wished(person, chat, moment)  # type: ignore[arg-type]
    return post.id if post is not None else None


async def test_the_newest_wish_holds_for_a_day_in_its_chat(recipes: Recipes, posts: list[Post]) -> None:
    for post in (*posts, posts[1]):
        assert await recipes.wish(BOB, BOB, post.id, NOW) is not None
    assert await wished(recipes, BOB, BOB) == posts[1].id
    assert await wished(recipes, BOB, BOB, NOW + AGE) is None
    assert await wished(recipes, BOB, -7) is None
    assert await wished(recipes, CAT, BOB) is None


async def test_a_wish_is_fulfilled_once_and_counts_once(recipes: Recipes, posts: list[Post]) -> None:
    await recipes.wish(BOB, BOB, posts[0].id, NOW)
    for _ in range(2):
        await recipes.use(BOB, posts[0])
    assert await wished(recipes, BOB, BOB) is None
    await recipes.wish(BOB, BOB, posts[0].id, NOW)
    await asyncio.gather(*(recipes.use(BOB, posts[0]) for _ in range(3)))
    await recipes.use(CAT, posts[0])
    assert [await recipes.uses(post.id) for post in posts] == [2, 0]


async def test_a_newer_wish_outlives_the_use_of_the_one_before(recipes: Recipes, posts: list[Post]) -> None:
    await recipes.wish(BOB, BOB, posts[1].id, NOW)
    await recipes.use(BOB, posts[0])
    assert await wished(recipes, BOB, BOB) == posts[1].id


async def test_an_authors_own_use_does_not_count(recipes: Recipes, posts: list[Post]) -> None:
    assert await recipes.wish(ANN, ANN, posts[0].id, NOW) is not None
    assert await wished(recipes, ANN, ANN) == posts[0].id
    await recipes.use(ANN, posts[0])
    assert await wished(recipes, ANN, ANN) is None
    assert await recipes.uses(posts[0].id) == 0


async def test_what_is_not_shown_is_no_recipe(recipes: Recipes, posts: list[Post], gallery: GalleryStore) -> None:
    await recipes.wish(BOB, BOB, posts[0].id, NOW)
    await gallery.unpublish(posts[0].id, ANN)
    assert await wished(recipes, BOB, BOB) is None
    assert await recipes.wish(CAT, CAT, posts[0].id, NOW) is None
    assert await recipes.wish(CAT, CAT, 404, NOW) is None
    await recipes.use(BOB, posts[0])
    assert await recipes.uses(posts[0].id) == 0


async def test_wishes_and_uses_go_with_their_people(engine: AsyncEngine, recipes: Recipes, posts: list[Post]) -> None:
    people = People(engine)
    await recipes.use(BOB, posts[0])
    await recipes.wish(BOB, BOB, posts[1].id, NOW)
    told = await people.export(BOB)
    assert [row["post_id"] for name in ("recipe_uses", "recipe_wishes") for row in told[name]] == [p.id for p in posts]
    await people.forget(BOB)
    assert await recipes.uses(posts[0].id) == 0
    await recipes.wish(CAT, CAT, posts[1].id, NOW)
    await people.forget(ANN)
    assert await wished(recipes, CAT, CAT) is None
