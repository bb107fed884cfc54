"""Films as rows: who asks, whose turn it is, and what a crash leaves; on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.expansions import Store
from storage.jobs.films import FilmStore, OneAtATime
from storage.models import Expansion, Film, FilmKind, Status
from storage.people.people import People
from tests.support.limits import HANG
from tests.support.rows import ANN, BOB, CAT, add, add_people, expansion, photo

ZOOM, LOOP = FilmKind.ZOOM, FilmKind.LOOP


@pytest.fixture
def films(engine: AsyncEngine) -> FilmStore:
    return FilmStore(engine, lease=timedelta(hours=1))  # no lease ends while a test runs


@pytest.fixture
async def made(engine: AsyncEngine) -> list[Expansion]:
    """Five expansions: two of Ann's, two of Bob's, one of Cat's."""
    await add_people(engine)
    people = [ANN, ANN, BOB, BOB, CAT]
    sources = [photo(person) for person in people]
    await add(engine, *sources)
    rows = [expansion(source) for source in sources]
    await add(engine, *rows)
    return rows


async def claimed(films: FilmStore, asked: Expansion, kind: FilmKind = ZOOM, message_id: int = 7) -> Film:
    """Asked for in a private chat, with its message."""
    _, ours = await films.claim(asked.id, kind, asked.person_id, asked.person_id, None)
    assert ours
    placed = await films.place(asked.id, kind, message_id)
    assert placed is not None
    return placed


async def taken(films: FilmStore, owner: str = "me") -> tuple[int, FilmKind] | None:
    film = await films.take(owner)
    return (film.expansion_id, film.kind) if film is not None else None


async def test_whoever_waits_in_a_chat_comes_before_a_page_and_the_oldest_first(
    films: FilmStore, made: list[Expansion]
) -> None:
    await films.want(made[0].id, [ZOOM, LOOP])
    first, second = await claimed(films, made[2]), await claimed(films, made[4])
    assert [await films.ahead(film) for film in (first, second)] == [0, 1]
    assert [(film.expansion_id, film.kind) for film in await films.waiting(8)] == [
        (made[2].id, ZOOM),
        (made[4].id, ZOOM),
    ]
    order = [await taken(films) for _ in range(5)]
    assert order[:2] == [(made[2].id, ZOOM), (made[4].id, ZOOM)]
    assert set(order[2:4]) == {(made[0].id, ZOOM), (made[0].id, LOOP)}
    assert order[4] is None


async def test_one_row_however_often_it_is_asked_for(films: FilmStore, made: list[Expansion]) -> None:
    await films.want(made[0].id, [ZOOM])
    _, ours = await films.claim(made[0].id, ZOOM, ANN, ANN, None)
    _, again = await films.claim(made[0].id, ZOOM, ANN, ANN, None)  # handled again: its message is not known yet
    _, others = await films.claim(made[0].id, ZOOM, BOB, -5, None)
    await films.place(made[0].id, ZOOM, 7)
    waiting, late = await films.claim(made[0].id, ZOOM, ANN, ANN, None)
    assert (ours, again, others, late) == (True, True, False, False)
    assert (waiting.chat_id, waiting.message_id) == (ANN, 7)
    assert [await taken(films), await taken(films)] == [(made[0].id, ZOOM), None]


async def test_two_who_ask_at_once_are_one_claim(films: FilmStore, made: list[Expansion]) -> None:
    claims = (films.claim(made[0].id, ZOOM, person, -5, None) for person in (ANN, BOB, CAT))
    assert sorted(ours for _, ours in await asyncio.gather(*claims)) == [False, False, True]


async def test_a_person_waits_for_one_film_at_a_time(films: FilmStore, made: list[Expansion]) -> None:
    await claimed(films, made[0])
    for expansion_id, kind in ((made[1].id, ZOOM), (made[0].id, LOOP)):
        with pytest.raises(OneAtATime):
            await films.claim(expansion_id, kind, ANN, ANN, None)
    await claimed(films, made[2])
    film = await films.take("me")
    assert film is not None
    assert await films.finish(film, "me", Status.DONE)
    await claimed(films, made[1])


async def test_done_is_done_and_what_failed_can_be_asked_for_again(films: FilmStore, made: list[Expansion]) -> None:
    await claimed(films, made[0])
    film = await films.take("me")
    assert film is not None
    ended = await films.finish(film, "me", Status.FAILED)
    assert ended is not None
    assert [late.expansion_id for late in await films.undelivered("me")] == [made[0].id]
    assert await films.undelivered("another") == []  # while the maker's lease lasts
    await films.delivered(ended, None)
    assert await films.undelivered("me") == []
    again, ours = await films.claim(made[0].id, ZOOM, ANN, ANN, None)
    assert (again.status, again.attempts, ours) == (Status.WAITING, 0, True)
    film = await films.take("me")
    assert film is not None
    done = await films.finish(film, "me", Status.DONE)
    assert done is not None
    await films.delivered(done, "file")
    there, ours = await films.claim(made[0].id, ZOOM, BOB, BOB, None)
    assert (there.file_id, there.person_id, ours) == ("file", None, False)
    assert await films.made(made[0].id) == {ZOOM}


async def test_whoever_lost_the_lease_changes_nothing(engine: AsyncEngine, made: list[Expansion]) -> None:
    films = FilmStore(engine, lease=timedelta(seconds=-1))  # runs out at once
    await claimed(films, made[0])
    slow, fast = await films.take("slow"), await films.take("fast")
    assert slow is not None
    assert fast is not None
    assert fast.attempts == 2
    assert not await films.beat(slow, "slow", 0.5)
    assert await films.finish(slow, "slow", Status.FAILED) is None
    assert await films.beat(fast, "fast", 0.5)
    assert await films.finish(fast, "fast", Status.DONE)
    assert await films.take("slow") is None


async def test_a_worker_that_stops_gives_its_film_back(films: FilmStore, made: list[Expansion]) -> None:
    await claimed(films, made[0])
    for _ in range(5):
        film = await films.take("me")
        assert film is not None
        assert film.attempts == 1
        await films.give_back(film, "me")


async def test_after_a_crash_everything_is_free_again(films: FilmStore, made: list[Expansion]) -> None:
    await claimed(films, made[0])
    await claimed(films, made[2])
    dead = await films.take("the dead"), await films.take("the dead")
    assert dead[0] is not None
    assert await films.finish(dead[0], "the dead", Status.DONE)
    await films.rescue()
    assert [film.expansion_id for film in await films.undelivered("me")] == [made[0].id]
    assert await taken(films) == (made[2].id, ZOOM)


async def test_films_go_with_their_expansion_and_their_people(
    engine: AsyncEngine, films: FilmStore, made: list[Expansion]
) -> None:
    await claimed(films, made[0])
    running = await films.take("me")
    assert running is not None
    await Store(engine).delete_expansion(made[0].id)
    assert not await films.beat(running, "me", 0.1)
    assert await films.film(made[0].id, ZOOM) is None
    assert await films.place(made[0].id, ZOOM, 7) is None
    _, ours = await films.claim(made[2].id, ZOOM, CAT, -5, None)  # Bob's, wanted by Cat
    assert ours
    await People(engine).forget(CAT)
    film = await films.film(made[2].id, ZOOM)
    assert film is not None
    assert film.person_id is None


async def test_films_follow_a_group_that_became_a_supergroup(
    engine: AsyncEngine, films: FilmStore, made: list[Expansion]
) -> None:
    await films.claim(made[0].id, ZOOM, ANN, -5, None)
    await People(engine).migrate_chat(-5, -100_5)
    film = await films.film(made[0].id, ZOOM)
    assert film is not None
    assert film.chat_id == -100_5


async def test_the_bell_wakes_whoever_waits(films: FilmStore, made: list[Expansion]) -> None:
    assert await films.take("me") is None
    waiting = asyncio.create_task(films.wait())
    await films.want(made[0].id, [LOOP])
    async with asyncio.timeout(HANG):
        await waiting
