"""Moderation: one report per person, hiding above a threshold, one judgement, permanent bans, and an audit log."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.expansions import Store
from storage.gallery.moderation import Moderation, Reported
from storage.gallery.posts import GalleryStore
from storage.models import Act, Judgement, Post, PostStatus, Reason
from storage.people.people import People
from tests.support.rows import ANN, BOB, CAT, make, photo, queue_on

CROWD = range(10, 20)
ADMIN = 99
FIRST, AGAIN, LAST = Reported(True, False), Reported(False, False), Reported(True, True)


@pytest.fixture
def residents() -> Sequence[int]:
    return ANN, BOB, CAT, *CROWD


@pytest.fixture
def moderation(engine: AsyncEngine) -> Moderation:
    return Moderation(engine)


@pytest.fixture
async def posts(engine: AsyncEngine, store: Store, gallery: GalleryStore) -> list[Post]:
    """Two posts of Ann's and one of Bob's."""
    queue, made = queue_on(engine), []
    for number, author in enumerate((ANN, ANN, BOB)):
        source = await store.photos.add(photo(author, chat_id=author, message_id=number))
        post = await gallery.publish((await make(store, queue, source)).id, author, f"title {number}", 0.5)
        assert post is not None
        made.append(post)
    return made


async def status(gallery: GalleryStore, post: Post) -> PostStatus:
    there = await gallery.post(post.id)
    assert there is not None
    return there.status


async def acts(moderation: Moderation, target: str) -> list[tuple[int | None, Act]]:
    return [(entry.actor, entry.act) for entry in await moderation.log(target)]


async def withheld(moderation: Moderation, post: Post) -> None:
    for person in (CROWD[0], CROWD[1]):
        await moderation.report(post.id, person, Reason.SEXUAL, 2)


async def test_a_person_reports_a_post_once(moderation: Moderation, posts: list[Post]) -> None:
    assert await moderation.report(posts[0].id, BOB, Reason.OTHER, 2) == FIRST
    assert await moderation.report(posts[0].id, BOB, Reason.SEXUAL, 2) == AGAIN
    case = await moderation.case()
    assert case is not None
    assert (case.post.id, case.reasons, case.open) == (posts[0].id, {Reason.OTHER: 1}, 1)


async def test_enough_reports_withhold_until_judged(
    moderation: Moderation, gallery: GalleryStore, posts: list[Post]
) -> None:
    said = [await moderation.report(posts[0].id, person, Reason.HATEFUL, 3) for person in (BOB, CAT, CROWD[0])]
    assert said == [FIRST, FIRST, LAST]
    assert await status(gallery, posts[0]) is PostStatus.REPORTED
    assert await moderation.report(posts[0].id, CROWD[1], Reason.OTHER, 3) is None
    assert not await gallery.unpublish(posts[0].id, ANN)
    again = await gallery.publish(posts[0].expansion_id, ANN, "", 0.5)
    assert again is not None
    assert again.status is PostStatus.REPORTED
    assert await acts(moderation, f"post {posts[0].id}") == [(None, Act.WITHHOLD)]


async def test_reports_that_come_at_once_are_all_counted(
    moderation: Moderation, gallery: GalleryStore, posts: list[Post]
) -> None:
    said = await asyncio.gather(*(moderation.report(posts[0].id, one, Reason.OTHER, len(CROWD)) for one in CROWD))
    assert said.count(LAST) == 1
    assert said.count(FIRST) == len(CROWD) - 1
    assert await status(gallery, posts[0]) is PostStatus.REPORTED


@pytest.mark.parametrize(
    ("judgement", "after"),
    [
        pytest.param(Judgement.KEEP, PostStatus.LIVE, id="keep"),
        pytest.param(Judgement.HIDE, PostStatus.WITHHELD, id="hide"),
        pytest.param(Judgement.DELETE, PostStatus.WITHHELD, id="delete"),
    ],
)
async def test_a_judgement_is_carried_out_and_logged(
    moderation: Moderation, gallery: GalleryStore, posts: list[Post], judgement: Judgement, after: PostStatus
) -> None:
    await withheld(moderation, posts[0])
    judged = await moderation.judge(posts[0].id, ADMIN, judgement)
    assert judged is not None
    assert await status(gallery, posts[0]) is after
    target = f"post {posts[0].id}"
    assert await acts(moderation, target) == [(None, Act.WITHHOLD), (ADMIN, Act(judgement))]


async def test_two_moderators_judge_once(moderation: Moderation, posts: list[Post]) -> None:
    await withheld(moderation, posts[0])
    both = [moderation.judge(posts[0].id, admin, Judgement.HIDE) for admin in (ADMIN, ADMIN + 1)]
    assert [post is not None for post in await asyncio.gather(*both)].count(True) == 1
    assert len(await acts(moderation, f"post {posts[0].id}")) == 2
    assert await moderation.case() is None


async def test_what_was_kept_is_withheld_only_by_new_people(
    moderation: Moderation, gallery: GalleryStore, posts: list[Post]
) -> None:
    await withheld(moderation, posts[0])
    await moderation.judge(posts[0].id, ADMIN, Judgement.KEEP)
    assert await moderation.report(posts[0].id, CROWD[0], Reason.SEXUAL, 2) == AGAIN
    assert await moderation.report(posts[0].id, CROWD[2], Reason.SEXUAL, 2) == FIRST
    assert await status(gallery, posts[0]) is PostStatus.LIVE
    assert await moderation.report(posts[0].id, CROWD[3], Reason.SEXUAL, 2) == LAST


async def test_a_deleted_post_is_reviewed_until_it_is_gone(
    moderation: Moderation, store: Store, posts: list[Post]
) -> None:
    """A crash between the judgement and the deletion loses nothing."""
    await withheld(moderation, posts[0])
    await moderation.judge(posts[0].id, ADMIN, Judgement.DELETE)
    case = await moderation.case()
    assert case is not None
    assert case.post.id == posts[0].id
    await store.delete_expansion(posts[0].expansion_id)
    assert await moderation.case() is None


async def test_cases_are_paged_round(moderation: Moderation, posts: list[Post]) -> None:
    for post in posts:
        await moderation.report(post.id, CAT, Reason.PRIVATE, 5)
    seen, after = [], 0
    for _ in range(4):
        case = await moderation.case(after)
        assert case is not None
        assert case.open == 3
        seen.append(after := case.post.id)
    assert seen == [posts[0].id, posts[1].id, posts[2].id, posts[0].id]


async def test_a_ban_withholds_everything_of_its_author(
    moderation: Moderation, gallery: GalleryStore, posts: list[Post]
) -> None:
    await moderation.report(posts[0].id, BOB, Reason.OTHER, 3)
    taken = await moderation.ban(ANN, ADMIN)
    assert taken is not None
    assert [post.id for post in taken] == [posts[0].id, posts[1].id]
    assert [await status(gallery, post) for post in posts] == [
        PostStatus.WITHHELD,
        PostStatus.WITHHELD,
        PostStatus.LIVE,
    ]
    assert await moderation.case() is None
    assert await moderation.banned(ANN, -5)
    assert not await moderation.banned(BOB, -5)
    assert await moderation.ban(ANN, ADMIN) is None


async def test_a_ban_of_a_chat_and_its_end(moderation: Moderation) -> None:
    assert await moderation.ban(-100, ADMIN) == []
    assert await moderation.banned(BOB, -100)
    assert [ban.id for ban in await moderation.bans()] == [-100]
    assert await moderation.unban(-100, ADMIN)
    assert not await moderation.unban(-100, ADMIN)
    assert not await moderation.banned(BOB, -100)
    assert await acts(moderation, "chat -100") == [(ADMIN, Act.BAN), (ADMIN, Act.UNBAN)]


async def test_being_forgotten_takes_reports_along_and_lifts_no_ban(
    moderation: Moderation, engine: AsyncEngine, posts: list[Post]
) -> None:
    await moderation.report(posts[2].id, ANN, Reason.OTHER, 3)
    await moderation.report(posts[0].id, BOB, Reason.OTHER, 3)
    await moderation.ban(ANN, ADMIN)
    await People(engine).forget(ANN)
    assert await moderation.case() is None
    assert await moderation.banned(ANN)
