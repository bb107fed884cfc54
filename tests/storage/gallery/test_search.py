"""Search by title and drawn words agrees with brute force on both databases, in every script."""

from __future__ import annotations

from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import transactions
from storage.gallery.listing import Order, Period
from storage.gallery.posts import Author, GalleryStore
from storage.gallery.search import Sought, Term, fold
from storage.models import Person, Photo, Post, SearchKey, Status
from tests.support.rows import ANN, BOB, CAT, add, expansion, photo

TITLES = {
    "cats": "The Cat's ocean",
    "sea": "猫的海洋",
    "cat": "一只猫",
    "percent": "100% wild_ness",
    "wide": "ＷＩＬＤ ﬁsh",
    "street": "Die große Straße",
    "aa": "aab",
    "none": "",
}


async def hung(engine: AsyncEngine, source: Photo, title: str = "", words: tuple[str, ...] = ()) -> Post:
    """Publish a finished expansion with a title and drawn words."""
    made = expansion(source, status=Status.DONE, words=list(words))
    await add(engine, made)
    post = await GalleryStore(engine).publish(made.id, made.person_id, title, 0.5)
    assert post is not None
    return post


def terms(*texts: str) -> Sought:
    return Sought(terms=tuple(Term(fold(text)) for text in texts))


async def found(gallery: GalleryStore, sought: Sought, order: Order = Order.NEWEST) -> list[int]:
    return [post.id for post in (await gallery.some(order, Period.ALL, sought=sought, limit=100)).posts]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (["cat"], ["cats"]),
        (["CAT'S"], ["cats"]),
        (["猫"], ["cat", "sea"]),
        (["海洋"], ["sea"]),
        (["猫的海"], ["sea"]),
        (["猫海"], []),
        (["猫", "海"], ["sea"]),
        (["wild"], ["wide", "percent"]),
        (["fish"], ["wide"]),
        (["GROSSE"], ["street"]),
        (["%"], ["percent"]),
        (["0%"], ["percent"]),
        (["d_n"], ["percent"]),
        (["d%n"], []),
        (["aaa"], []),
        (["aa"], ["aa"]),
        (["e"], ["street", "percent", "cats"]),
        (["ocean", "the"], ["cats"]),
        (["狗"], []),
        (["\\"], []),
    ],
)
async def test_a_title_is_found_by_any_part_of_it(
    engine: AsyncEngine, gallery: GalleryStore, source: Photo, asked: list[str], names: list[str]
) -> None:
    posts = {name: await hung(engine, source, title) for name, title in TITLES.items()}
    assert await found(gallery, terms(*asked)) == [posts[name].id for name in names]


async def test_random_titles_agree_with_brute_force(engine: AsyncEngine, gallery: GalleryStore, source: Photo) -> None:
    dice = Random(7)
    titles = ["".join(dice.choices("ab猫狗 ", k=dice.randrange(12))) for _ in range(60)]
    posts = [await hung(engine, source, title) for title in titles]
    for _ in range(120):
        asked = "".join(dice.choices("ab猫狗", k=dice.randrange(1, 6)))
        wanted = [post.id for post, title in zip(posts, titles, strict=True) if asked in fold(title)]
        assert await found(gallery, terms(asked)) == wanted[::-1], asked


async def test_drawn_words_count_as_the_title_does(engine: AsyncEngine, gallery: GalleryStore, source: Photo) -> None:
    duck = await hung(engine, source, "bath", ("rubber-duck", "kites"))
    titled = await hung(engine, source, "a duck")
    await hung(engine, source, "else", ("kites",))
    term = Term("duck", ("rubber-duck",))
    assert await found(gallery, Sought(terms=(term,))) == [titled.id, duck.id]
    assert await found(gallery, Sought(terms=(term, Term("bath")))) == [duck.id]
    assert await found(gallery, Sought(terms=(term, Term("long", ("kites",))))) == [duck.id]


async def test_a_new_title_replaces_the_old_one_and_what_is_hidden_is_not_found(
    engine: AsyncEngine, gallery: GalleryStore, source: Photo
) -> None:
    post = await hung(engine, source, "first", ("kites",))
    assert await gallery.retitle(post.id, BOB, "stolen") is None
    assert await gallery.retitle(post.id, ANN, "second") is not None
    assert [await found(gallery, terms(word)) for word in ("first", "stolen", "second")] == [[], [], [post.id]]
    assert await found(gallery, Sought(terms=(Term("kite", ("kites",)),))) == [post.id]
    await gallery.unpublish(post.id, ANN)
    assert await found(gallery, terms("second")) == []
    async with transactions(engine).write() as session:
        await session.delete(await session.get_one(Post, post.id))
    async with transactions(engine).read() as session:
        assert await session.scalar(select(func.count()).select_from(SearchKey)) == 0


@pytest.mark.parametrize("order", Order)
async def test_pages_of_a_search_show_everything_once(
    engine: AsyncEngine, gallery: GalleryStore, source: Photo, order: Order
) -> None:
    wanted = {(await hung(engine, source, f"猫 {n}")).id for n in range(7)}
    for number in range(5):
        await hung(engine, source, f"狗 {number}")
    for period in Period:
        seen, after, more = list[int](), None, True
        while more:
            listing = await gallery.some(order, period, after, 3, 0.5, terms("猫"))
            seen += [post.id for post in listing.posts]
            after, more = listing.end, listing.end is not None
        assert sorted(seen) == sorted(wanted)


async def test_an_author_has_a_page_as_long_as_something_of_theirs_is_shown(
    engine: AsyncEngine, gallery: GalleryStore, source: Photo
) -> None:
    theirs = photo(BOB)
    await add(engine, theirs)
    mine, other = await hung(engine, source, "mine"), await hung(engine, theirs, "other")
    pages = {post.person_id: post.author.page or "" for post in (mine, other)}
    assert len(set(pages.values())) == 2
    assert not any(str(number) == page for number, page in pages.items())
    author = await gallery.author(pages[ANN])
    assert isinstance(author, Author)
    assert (author.person.id, author.posts) == (ANN, 1)
    assert await found(gallery, Sought(author=ANN)) == [mine.id]
    assert await found(gallery, Sought(author=ANN, terms=(Term("other"),))) == []
    await gallery.unpublish(mine.id, ANN)
    assert await gallery.author(pages[ANN]) is None
    async with transactions(engine).read() as session:
        unseen = await session.get_one(Person, CAT)
    assert await gallery.author(unseen.page or "") is None
    assert await gallery.author("nobody") is None
