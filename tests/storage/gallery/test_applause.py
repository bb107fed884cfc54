"""Authors hear of laughter at most once a day, only of what is new, and only where they want to and can."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import transactions
from storage.gallery.applause import GATHERING, NEWS, PAUSE, ApplauseStore, Ovation
from storage.gallery.moderation import Moderation
from storage.gallery.posts import GalleryStore
from storage.models import Chat, Feeling, Photo, Post, Reaction, now
from storage.people.people import People
from tests.support.rows import ANN, BOB, CAT, add, expansion, photo, posts_of

LAUGH = Feeling.LAUGHING
SECOND = timedelta(seconds=1)


@pytest.fixture
def applause(engine: AsyncEngine) -> ApplauseStore:
    return ApplauseStore(engine)


@pytest.fixture
async def posts(engine: AsyncEngine, source: Photo) -> list[Post]:
    """Three posts of Ann's, who has opened a private chat."""
    await People(engine).see_chat(ANN, "private")
    return await posts_of(engine, source, 0.5, 0.5, 0.5)


async def laugh(gallery: GalleryStore, post: Post, *people: int) -> datetime:
    """Have people laugh at a post, and return a moment at which its author may hear of it."""
    for person in people:
        await gallery.react(post.expansion_id, person, LAUGH)
    return now() + GATHERING


async def told(applause: ApplauseStore, moment: datetime) -> Ovation:
    assert await applause.due(moment) == [ANN]
    ovation = await applause.claim(ANN, moment)
    assert ovation is not None
    return ovation


async def test_the_post_with_most_laughs_is_told_and_the_others_are_counted(
    applause: ApplauseStore, gallery: GalleryStore, posts: list[Post]
) -> None:
    await laugh(gallery, posts[0], BOB)
    later = await laugh(gallery, posts[1], BOB, CAT)
    ovation = await told(applause, later)
    assert (ovation.post.id, ovation.laughs, ovation.elsewhere) == (posts[1].id, 2, 1)
    assert (ovation.place, ovation.followers, ovation.told_before) == (1, [], None)


async def test_nothing_is_told_before_others_could_join_in(
    applause: ApplauseStore, gallery: GalleryStore, posts: list[Post]
) -> None:
    later = await laugh(gallery, posts[0], BOB)
    assert await applause.due(later - GATHERING) == []
    assert await applause.due(later) == [ANN]


async def test_the_next_message_comes_a_day_later_and_only_for_new_laughter(
    applause: ApplauseStore, gallery: GalleryStore, posts: list[Post]
) -> None:
    first = await laugh(gallery, posts[0], BOB)
    await told(applause, first)
    assert await applause.due(first + PAUSE) == []
    assert await applause.claim(ANN, first + PAUSE) is None
    await _laughed_at(gallery, posts[0], CAT, first + SECOND)
    assert await applause.due(first + PAUSE - SECOND) == []
    ovation = await told(applause, first + PAUSE)
    assert (ovation.laughs, ovation.told_before) == (1, first)


async def _laughed_at(gallery: GalleryStore, post: Post, person: int, moment: datetime) -> None:
    await gallery.react(post.expansion_id, person, LAUGH)
    async with gallery._write() as session:
        this = (Reaction.expansion_id == post.expansion_id, Reaction.person_id == person)
        await session.execute(update(Reaction).where(*this).values(created_at=moment))


async def test_only_one_of_two_programs_tells(
    applause: ApplauseStore, gallery: GalleryStore, posts: list[Post]
) -> None:
    later = await laugh(gallery, posts[0], BOB)
    await told(applause, later)
    assert await applause.claim(ANN, later) is None


async def test_what_was_certainly_not_sent_is_told_at_the_next_look(
    applause: ApplauseStore, gallery: GalleryStore, posts: list[Post]
) -> None:
    later = await laugh(gallery, posts[0], BOB)
    ovation = await told(applause, later)
    await applause.untell(ANN, ovation.told_before)
    assert await applause.due(later) == [ANN]


async def test_those_who_went_on_from_it_are_named_once_they_published_that(
    engine: AsyncEngine, applause: ApplauseStore, gallery: GalleryStore, posts: list[Post]
) -> None:
    result = photo(ANN)
    await add(engine, result)
    async with transactions(engine).write() as session:
        row = await session.get_one(Post, posts[0].id)
        row.expansion.result_id = result.id
    for person in (BOB, CAT):
        await add(engine, expansion(result, person, status="done"))
    await posts_of(engine, result)
    made = expansion(result, BOB, status="done")
    await add(engine, made)
    assert await gallery.publish(made.id, BOB, "", 0.5)
    assert (await told(applause, await laugh(gallery, posts[0], CAT))).followers == ["person 2"]


@pytest.mark.parametrize(
    "silence",
    ["own-laugh", "yawn", "hidden", "muted", "banned", "blocked", "never-opened", "group-only", "old", "forgotten"],
)
async def test_silence(
    engine: AsyncEngine, applause: ApplauseStore, gallery: GalleryStore, posts: list[Post], silence: str
) -> None:
    people, post = People(engine), posts[0]
    if silence == "yawn":
        await gallery.react(post.expansion_id, BOB, Feeling.YAWNING)
    later = await laugh(gallery, post, *({"own-laugh": [ANN], "yawn": []}.get(silence, [BOB])))
    assert await applause.due(later) == ([] if silence in ("own-laugh", "yawn") else [ANN])
    match silence:
        case "hidden":
            await gallery.unpublish(post.id, ANN)
        case "muted":
            await applause.mute(ANN, muted=True)
        case "banned":
            await Moderation(engine).ban(ANN, CAT)
        case "blocked":
            await people.chat_gone(ANN)
        case "never-opened":
            async with transactions(engine).write() as session:
                await session.delete(await session.get_one(Chat, ANN))
        case "group-only":
            await people.see_chat(ANN, "channel")
        case "old":
            later += NEWS
        case "forgotten":
            await people.forget(ANN)
    assert await applause.due(later) == []
    assert await applause.claim(ANN, later) is None


async def test_unmuting_brings_them_back(applause: ApplauseStore, gallery: GalleryStore, posts: list[Post]) -> None:
    later = await laugh(gallery, posts[0], BOB)
    for muted in (True, False):
        await applause.mute(ANN, muted=muted)
    assert await applause.due(later) == [ANN]
