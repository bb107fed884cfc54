"""The gallery: one vote per person, exact impressions, and an order that agrees with brute force."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import transactions
from storage.expansions import Store
from storage.gallery.browsing import Galleries
from storage.gallery.moderation import Moderation
from storage.gallery.posts import GalleryStore, decide
from storage.gallery.ranking import surprise
from storage.models import Feeling, Impression, Person, Photo, Post, PostStatus, Reaction
from storage.people.people import People
from tests.support.rows import ANN, BOB, CAT, make, posts_of, queue_on, start, withhold

LAUGH, LOVE, YAWN = Feeling.LAUGHING, Feeling.LOVING, Feeling.YAWNING
CROWD = range(10, 16)


@pytest.fixture
def residents() -> Sequence[int]:
    return ANN, BOB, CAT, *CROWD


@pytest.fixture
async def galleries(engine: AsyncEngine, store: Store) -> Galleries:
    return Galleries(engine)


@pytest.fixture
async def expansion(engine: AsyncEngine, store: Store, source: Photo) -> int:
    return (await make(store, queue_on(engine), source)).id


@pytest.fixture
async def posts(engine: AsyncEngine, source: Photo) -> list[Post]:
    """Eight posts of Ann's, some with equal priors."""
    return await posts_of(engine, source, 0.5, 0.9, 0.1, 0.5, 0.7, 0.3, 0.9, 0.5)


async def the(gallery: GalleryStore, post: Post) -> Post:
    there = await gallery.post(post.id)
    assert there is not None
    return there


def counters(post: Post) -> tuple[int, dict[Feeling, int]]:
    return post.impressions, {feeling: getattr(post, feeling.name.lower()) for feeling in Feeling}


async def counted(engine: AsyncEngine, post: Post) -> tuple[int, dict[Feeling, int]]:
    """Compute the counts of a post from its rows."""
    async with transactions(engine).read() as session:
        seen = select(func.count()).select_from(Impression).join(Person, Person.id == Impression.person_id)
        seen = seen.where(Impression.post_id == post.id, Person.counted, Person.id != post.person_id)
        votes = select(Reaction.feeling).join(Person, Person.id == Reaction.person_id)
        votes = votes.where(Reaction.expansion_id == post.expansion_id, Person.counted, Person.id != post.person_id)
        said = list(await session.scalars(votes))
        return await session.scalar(seen) or 0, {feeling: said.count(feeling) for feeling in Feeling}


async def is_consistent(engine: AsyncEngine, gallery: GalleryStore, post: Post) -> bool:
    now = await the(gallery, post)
    score = surprise(now.laughing, now.mind_blown, now.screaming, now.impressions, now.prior)
    return counters(now) == await counted(engine, now) and now.surprise == pytest.approx(score)


@pytest.mark.parametrize(
    ("own", "said_in", "feeling", "native_in", "becomes"),
    [
        (None, None, LAUGH, None, LAUGH),
        (LAUGH, None, LAUGH, None, None),
        (LAUGH, None, LOVE, None, LOVE),
        (LAUGH, 9, LAUGH, None, None),
        (LAUGH, None, None, None, None),
        (None, None, LAUGH, 9, LAUGH),
        (LAUGH, 9, LAUGH, 9, LAUGH),
        (LAUGH, 9, None, 9, None),
        (LAUGH, None, None, 9, LAUGH),
        (LAUGH, 8, None, 9, LAUGH),
        (LAUGH, None, LOVE, 9, LOVE),
        (None, None, None, 9, None),
    ],
    ids=[
        *["tap", "tap-twice", "tap-other", "tap-what-was-native", "tap-nothing"],
        *["set", "set-again", "clear", "clear-keeps-tap", "clear-elsewhere", "set-over-tap", "clear-nothing"],
    ],
)
def test_a_feeling_follows_from_the_one_before(
    own: Feeling | None, said_in: int | None, feeling: Feeling | None, native_in: int | None, becomes: Feeling | None
) -> None:
    before = Reaction(expansion_id=1, person_id=1, feeling=own, native_in=said_in) if own else None
    assert decide(before, feeling, native_in) == becomes


@pytest.mark.parametrize("published", [False, True], ids=["private", "posted"])
async def test_buttons_and_native_reactions_are_one_vote(
    engine: AsyncEngine, gallery: GalleryStore, expansion: int, published: bool
) -> None:
    post = await gallery.publish(expansion, ANN, "", 0.5) if published else None
    steps = [
        (LAUGH, None, LAUGH),
        (LOVE, 7, LOVE),
        (LOVE, 7, LOVE),
        (None, 8, LOVE),
        (YAWN, None, YAWN),
        (None, 7, YAWN),
    ]
    for feeling, native_in, own in steps:
        counts, now = await gallery.react(expansion, BOB, feeling, native_in)
        assert now is own
        assert {f: n for f, n in counts.items() if n} == {own: 1}
        assert await gallery.counts(expansion) == counts
    counts, now = await gallery.react(expansion, BOB, YAWN)
    assert now is None
    assert not any(counts.values())
    if post is not None:
        assert (await the(gallery, post)).impressions == 1
        assert await is_consistent(engine, gallery, post)


async def test_a_reaction_to_what_is_gone_counts_for_nothing(gallery: GalleryStore) -> None:
    assert await gallery.react(404, BOB, LAUGH) == (dict.fromkeys(Feeling, 0), None)


async def test_earlier_reactions_count_once_posted(engine: AsyncEngine, gallery: GalleryStore, expansion: int) -> None:
    for person, feeling in [(BOB, LAUGH), (CAT, YAWN)]:
        await gallery.react(expansion, person, feeling)
    post = await gallery.publish(expansion, ANN, "《牵住她的脚》", 0.4)
    assert post is not None
    assert (post.title, post.impressions, post.laughing, post.yawning) == ("《牵住她的脚》", 2, 1, 1)
    assert post.author.id == ANN
    assert post.expansion.result is not None
    assert await is_consistent(engine, gallery, post)


async def test_only_the_author_publishes_and_only_what_is_done(
    store: Store, gallery: GalleryStore, source: Photo, expansion: int
) -> None:
    assert await gallery.publish(expansion, BOB, "mine now", 0.5) is None
    waiting = await start(store, source)
    assert await gallery.publish(waiting.id, ANN, "", 0.5) is None
    assert await gallery.publish(404, ANN, "", 0.5) is None
    assert await gallery.post_of(expansion) is None


async def test_publishing_twice_is_one_post(gallery: GalleryStore, expansion: int) -> None:
    posts = await asyncio.gather(*(gallery.publish(expansion, ANN, "", 0.5) for _ in range(4)))
    assert len({post.id for post in posts if post}) == 1
    assert None not in posts


async def test_an_author_retitles_hides_and_shows_again(gallery: GalleryStore, expansion: int) -> None:
    post = await gallery.publish(expansion, ANN, "old", 0.5)
    assert post is not None
    await gallery.react(expansion, BOB, LAUGH)
    assert await gallery.retitle(post.id, BOB, "stolen") is None
    renamed = await gallery.retitle(post.id, ANN, "new")
    assert renamed is not None
    assert not await gallery.unpublish(post.id, BOB)
    assert await gallery.unpublish(post.id, ANN)
    hidden = await gallery.post_of(expansion)
    assert hidden is not None
    assert hidden.status is PostStatus.HIDDEN
    again = await gallery.publish(expansion, ANN, "ignored", 0.9)
    assert again is not None
    assert (again.id, again.status, again.title, again.laughing) == (post.id, PostStatus.LIVE, "new", 1)


async def test_what_a_moderator_withheld_stays_so(engine: AsyncEngine, gallery: GalleryStore, expansion: int) -> None:
    post = await gallery.publish(expansion, ANN, "", 0.5)
    assert post is not None
    await withhold(Moderation(engine), post.id, BOB)
    again = await gallery.publish(expansion, ANN, "", 0.5)
    assert again is not None
    assert again.status is PostStatus.WITHHELD


async def test_racing_reactions_are_all_counted(engine: AsyncEngine, gallery: GalleryStore, expansion: int) -> None:
    post = await gallery.publish(expansion, ANN, "", 0.5)
    assert post is not None
    taps = [(person, feeling) for person in CROWD for feeling in (LAUGH, LOVE, LAUGH, YAWN, YAWN, LAUGH)]
    Random(3).shuffle(taps)
    await asyncio.gather(*(gallery.react(expansion, person, feeling) for person, feeling in taps))
    assert (await the(gallery, post)).impressions == len(CROWD)
    assert await is_consistent(engine, gallery, post)


async def leaf(galleries: Galleries, number: int, person: int, steps: str) -> list[tuple[int, bool] | None]:
    """Turn pages: > is next, < is previous. Returns (post, seen before) for each page."""
    turned = []
    for step in steps:
        page = await (galleries.next if step == ">" else galleries.previous)(number, person)
        turned.append(page and (page.post.id, page.again))
    return turned


def by_surprise(posts: list[Post]) -> list[int]:
    return [post.id for post in sorted(posts, key=lambda post: (post.surprise, post.id), reverse=True)]


async def test_a_message_knows_its_gallery(galleries: Galleries) -> None:
    opened = await galleries.open(BOB, BOB)
    await galleries.place(opened.id, 77)
    found = await galleries.gallery_in(BOB, 77)
    assert found is not None
    assert found.id == opened.id
    assert await galleries.gallery_in(BOB, 78) is None


async def test_an_empty_gallery_has_no_page(galleries: Galleries) -> None:
    opened = await galleries.open(BOB, BOB)
    assert await leaf(galleries, opened.id, BOB, "><") == [None, None]
    assert await galleries.next(404, BOB) is None


async def test_the_unseen_come_first_then_the_seen_again(
    gallery: GalleryStore, galleries: Galleries, posts: list[Post]
) -> None:
    best = by_surprise(posts)
    opened = await galleries.open(BOB, BOB)
    assert await leaf(galleries, opened.id, BOB, ">" * 8) == [(number, False) for number in best]
    again = [
        p.id for p in sorted([await the(gallery, p) for p in posts], key=lambda p: (p.surprise, p.id), reverse=True)
    ]
    start = again.index(best[-1]) + 1
    expected = [(number, True) for number in again[start:] + again[:start] + again]
    assert await leaf(galleries, opened.id, BOB, ">" * len(expected[:12])) == expected[:12]


async def test_the_next_is_another_even_when_votes_moved_this_one_to_the_top(
    gallery: GalleryStore, galleries: Galleries, posts: list[Post]
) -> None:
    opened = await galleries.open(BOB, BOB)
    seen = await leaf(galleries, opened.id, BOB, ">" * len(posts))
    last = await gallery.post((seen[-1] or (0, True))[0])
    assert last is not None
    for person in (ANN, BOB, CAT):
        await gallery.react(last.expansion_id, person, Feeling.LAUGHING)
    (following,) = await leaf(galleries, opened.id, BOB, ">")
    assert following is not None
    assert following[0] != last.id
    assert following[1]


async def test_newest_goes_by_age_and_round_again(galleries: Galleries, posts: list[Post]) -> None:
    opened = await galleries.open(BOB, BOB, "newest")
    newest = [p.id for p in reversed(posts)]
    turned = await leaf(galleries, opened.id, BOB, ">" * 10)
    assert turned == [(number, False) for number in newest] + [(number, True) for number in newest[:2]]


async def test_back_and_forth_is_the_same_way(galleries: Galleries, posts: list[Post]) -> None:
    opened = await galleries.open(BOB, BOB)
    seen = [page and page[0] for page in await leaf(galleries, opened.id, BOB, ">>>>")]
    back = await leaf(galleries, opened.id, BOB, "<<<<")
    assert back == [(seen[2], True), (seen[1], True), (seen[0], True), None]
    forth = await leaf(galleries, opened.id, BOB, ">>>>")
    assert forth[:3] == [(seen[1], True), (seen[2], True), (seen[3], True)]
    assert forth[3] is not None
    assert forth[3][0] not in seen
    assert not forth[3][1]


async def test_back_from_a_second_round_is_the_page_before(galleries: Galleries, posts: list[Post]) -> None:
    opened = await galleries.open(BOB, BOB, "newest")
    shown = [page and page[0] for page in await leaf(galleries, opened.id, BOB, ">" * 11)]
    back = await leaf(galleries, opened.id, BOB, "<<")
    assert back == [(shown[9], True), (shown[8], True)]


async def test_an_impression_is_counted_once(
    engine: AsyncEngine, gallery: GalleryStore, galleries: Galleries, posts: list[Post]
) -> None:
    opened = [(await galleries.open(person, BOB)).id for person in (BOB, BOB, CAT)]
    await gallery.react(posts[0].expansion_id, BOB, LAUGH)
    for number, person in zip(opened, (BOB, BOB, CAT), strict=True):
        await leaf(galleries, number, person, ">" * 9 + "<<>>")
    for post in posts:
        assert (await the(gallery, post)).impressions == 2
        assert await is_consistent(engine, gallery, post)


async def test_two_galleries_at_once_count_exactly(
    engine: AsyncEngine, gallery: GalleryStore, galleries: Galleries, posts: list[Post]
) -> None:
    opened = [(await galleries.open(BOB, BOB)).id for _ in range(2)]
    await asyncio.gather(*(leaf(galleries, number, BOB, ">" * 6) for number in opened))
    assert [(await the(gallery, post)).impressions for post in posts] == [1] * len(posts)


async def test_a_sort_starts_from_the_top(galleries: Galleries, posts: list[Post]) -> None:
    opened = await galleries.open(BOB, BOB)
    await leaf(galleries, opened.id, BOB, ">>")
    page = await galleries.next(opened.id, BOB, "newest")
    assert page is not None
    assert page.post.id == posts[-1].id
    by_tap = await galleries.next(opened.id, BOB, "surprising")
    assert by_tap is not None
    sorted_by = await galleries.gallery(opened.id)
    assert sorted_by is not None
    assert (sorted_by.sort, sorted_by.post_id) == ("surprising", by_tap.post.id)


async def test_what_is_hidden_or_deleted_is_passed_over(
    engine: AsyncEngine, store: Store, gallery: GalleryStore, galleries: Galleries, posts: list[Post]
) -> None:
    opened = await galleries.open(BOB, BOB, "newest")
    await leaf(galleries, opened.id, BOB, ">>>")
    await withhold(Moderation(engine), posts[5].id, CAT)
    await store.delete_expansion(posts[6].expansion_id)
    await gallery.unpublish(posts[4].id, ANN)
    assert await leaf(galleries, opened.id, BOB, ">") == [(posts[3].id, False)]
    assert await leaf(galleries, opened.id, BOB, "<<") == [(posts[7].id, True), None]
    await store.delete_expansion(posts[7].expansion_id)
    assert await leaf(galleries, opened.id, BOB, "<") == [(posts[3].id, True)]


async def test_the_order_agrees_with_brute_force(
    gallery: GalleryStore, galleries: Galleries, posts: list[Post]
) -> None:
    """After random votes, hides and page turns, each unseen page is the best live post that was not seen."""
    dice, hidden = Random(5), set[int]()
    opened = {person: (await galleries.open(person, person)).id for person in CROWD}
    seen: dict[int, set[int]] = {person: set() for person in CROWD}
    for _ in range(80):
        person, post = dice.choice(CROWD), dice.choice(posts)
        if dice.random() < 0.35:
            await gallery.react(post.expansion_id, person, dice.choice(list(Feeling)))
            seen[person].add(post.id)
        elif dice.random() < 0.03:
            await gallery.unpublish(post.id, ANN)
            hidden.add(post.id)
        else:
            live = [await the(gallery, p) for p in posts if p.id not in hidden]
            unseen = [p for p in live if p.id not in seen[person]]
            page = await galleries.next(opened[person], person)
            assert page is not None
            assert page.again is (not unseen)
            if unseen:
                assert page.post.id == max(unseen, key=lambda p: (p.surprise, p.id)).id
            seen[person].add(page.post.id)


async def test_everything_at_once_stays_consistent(
    engine: AsyncEngine, store: Store, gallery: GalleryStore, galleries: Galleries, posts: list[Post]
) -> None:
    """Reacting, paging, hiding, deleting and forgetting run concurrently. Counts still agree with the rows."""
    dice, people = Random(9), People(engine)
    opened = {person: (await galleries.open(person, person)).id for person in CROWD}
    acts = [
        act
        for person in CROWD
        for act in (
            *(gallery.react(dice.choice(posts).expansion_id, person, dice.choice(list(Feeling))) for _ in range(6)),
            *(galleries.next(opened[person], person) for _ in range(4)),
            galleries.previous(opened[person], person),
        )
    ]
    acts += [people.forget(CROWD[0]), people.forget(CROWD[1]), store.delete_expansion(posts[0].expansion_id)]
    acts += [gallery.unpublish(posts[1].id, ANN), gallery.publish(posts[1].expansion_id, ANN, "", 0.5)]
    dice.shuffle(acts)
    outcomes = await asyncio.gather(*acts, return_exceptions=True)
    errors = {type(outcome) for outcome in outcomes if isinstance(outcome, BaseException)}
    assert errors <= {IntegrityError}  # raised for people who were forgotten before they reacted
    assert await gallery.post(posts[0].id) is None
    for post in posts[1:]:
        assert await is_consistent(engine, gallery, post)
