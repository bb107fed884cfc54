"""Film rows: requests, priorities and crashes, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.expansions import Store
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.films import FILMS, FilmStore, OneAtATime
from storage.jobs.queue import Beat
from storage.models import Expansion, Film, FilmKind, Job, Status
from storage.people.people import People
from tests.support.limits import HANG
from tests.support.queues import DispatchOf
from tests.support.rows import ANN, BOB, CAT, add, add_people, expansion, photo

ZOOM, LOOP = FilmKind.ZOOM, FilmKind.LOOP


FilmsOn = Callable[[AsyncEngine, timedelta], FilmStore]


@pytest.fixture
def films_on(dispatch_of: DispatchOf) -> FilmsOn:
    return lambda engine, lease: FilmStore(
        engine, EmbeddedQueue(engine, FILMS, lease=lease, dispatch=dispatch_of(FILMS))
    )


@pytest.fixture
def films(engine: AsyncEngine, films_on: FilmsOn) -> FilmStore:
    return films_on(engine, timedelta(hours=1))  # no lease ends while a test runs


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
    """Request a film in a private chat, and place its message."""
    _, ours = await films.claim(asked.id, kind, asked.person_id, asked.person_id, None)
    assert ours
    placed = await films.place(asked.id, kind, message_id)
    assert placed is not None
    return placed


async def take(films: FilmStore, owner: str = "me") -> Job:
    job = await films.queue.take(owner)
    assert job is not None
    return job


async def taken(films: FilmStore, owner: str = "me") -> tuple[int, str] | None:
    job = await films.queue.take(owner)
    return (job.subject, job.kind) if job is not None else None


async def test_whoever_waits_in_a_chat_comes_before_a_page_and_the_oldest_first(
    films: FilmStore, made: list[Expansion]
) -> None:
    await films.want(made[0].id, [ZOOM, LOOP])
    first, second = await claimed(films, made[2]), await claimed(films, made[4])
    assert [await films.ahead(film) for film in (first, second)] == [0, 1]
    assert [(job.subject, job.kind) for job in await films.queue.live(2)] == [(made[2].id, ZOOM), (made[4].id, ZOOM)]
    order = [await taken(films) for _ in range(5)]
    assert order[:2] == [(made[2].id, ZOOM), (made[4].id, ZOOM)]
    assert set(order[2:4]) == {(made[0].id, ZOOM), (made[0].id, LOOP)}
    assert order[4] is None


async def test_what_a_page_wants_comes_first_once_somebody_waits_for_it(
    films: FilmStore, made: list[Expansion]
) -> None:
    await films.want(made[0].id, [ZOOM])
    await films.want(made[1].id, [LOOP])
    await claimed(films, made[1], LOOP)
    assert [await taken(films) for _ in range(2)] == [(made[1].id, LOOP), (made[0].id, ZOOM)]


async def test_one_row_however_often_it_is_asked_for(films: FilmStore, made: list[Expansion]) -> None:
    await films.want(made[0].id, [ZOOM])
    _, ours = await films.claim(made[0].id, ZOOM, ANN, ANN, None)
    _, again = await films.claim(made[0].id, ZOOM, ANN, ANN, None)  # a repeated tap that has no message yet
    _, others = await films.claim(made[0].id, ZOOM, BOB, -5, None)
    await films.place(made[0].id, ZOOM, 7)
    waiting, late = await films.claim(made[0].id, ZOOM, ANN, ANN, None)
    assert (ours, again, others, late) == (True, True, False, False)
    assert (waiting.chat_id, waiting.message_id) == (ANN, 7)
    assert [await taken(films), await taken(films)] == [(made[0].id, ZOOM), None]


async def test_a_film_is_shown_where_its_message_was_accepted(films: FilmStore, made: list[Expansion]) -> None:
    """A group may refuse the message, which then goes to the private chat, where ids mean other messages."""
    await films.claim(made[0].id, ZOOM, ANN, -5, 3)
    placed = await films.place(made[0].id, ZOOM, 7, ANN, None)
    assert placed is not None
    assert (placed.chat_id, placed.thread_id, placed.message_id) == (ANN, None, 7)


async def test_two_who_ask_at_once_are_one_claim(films: FilmStore, made: list[Expansion]) -> None:
    claims = (films.claim(made[0].id, ZOOM, person, -5, None) for person in (ANN, BOB, CAT))
    assert sorted(ours for _, ours in await asyncio.gather(*claims)) == [False, False, True]


async def test_a_person_waits_for_one_film_at_a_time(films: FilmStore, made: list[Expansion]) -> None:
    await claimed(films, made[0])
    for expansion_id, kind in ((made[1].id, ZOOM), (made[0].id, LOOP)):
        with pytest.raises(OneAtATime):
            await films.claim(expansion_id, kind, ANN, ANN, None)
    await claimed(films, made[2])
    assert await films.queue.finish(await take(films), Status.DONE)
    await claimed(films, made[1])


async def ends(films: FilmStore, status: Status) -> Film:
    """Take and end a job as a worker does, then claim it as a serving program does."""
    assert await films.queue.finish(await take(films), status)
    (job,) = await films.queue.claim_ended("server", 9)
    film = await films.film(job.subject, FilmKind(job.kind))
    assert film is not None
    assert film.status is status
    return film


async def test_done_is_done_and_what_failed_can_be_asked_for_again(
    engine: AsyncEngine, films: FilmStore, made: list[Expansion]
) -> None:
    await claimed(films, made[0])
    failed = await ends(films, Status.FAILED)
    another = EmbeddedQueue(engine, FILMS)
    assert await another.claim_ended("another", 9) == []  # as long as the first lease lasts
    await films.delivered(failed, None)
    assert await films.job(failed) is None
    again, ours = await films.claim(made[0].id, ZOOM, ANN, ANN, None)
    job = await films.job(again)
    assert job is not None
    assert (again.status, job.status, job.attempts, ours) == (Status.WAITING, Status.WAITING, 0, True)
    await films.delivered(await ends(films, Status.DONE), "file")
    there, ours = await films.claim(made[0].id, ZOOM, BOB, BOB, None)
    assert (there.file_id, there.person_id, ours) == ("file", None, False)
    assert await films.made(made[0].id) == {ZOOM}


async def test_what_failed_unseen_can_be_asked_for_again(films: FilmStore, made: list[Expansion]) -> None:
    await films.want(made[0].id, [ZOOM])
    await ends(films, Status.FAILED)
    await claimed(films, made[0])
    assert (await take(films)).attempts == 1


async def test_whoever_lost_the_lease_changes_nothing(
    engine: AsyncEngine, made: list[Expansion], films_on: FilmsOn
) -> None:
    films = films_on(engine, timedelta(seconds=-1))  # each lease has expired at once
    await claimed(films, made[0])
    slow, fast = await take(films, "slow"), await take(films, "fast")
    assert fast.attempts == 2
    assert await films.queue.beat(slow, 0.5) is Beat.LOST
    assert not await films.queue.finish(slow, Status.FAILED)
    assert await films.queue.beat(fast, 0.5) is Beat.GO_ON
    assert await films.queue.finish(fast, Status.DONE)
    assert await films.queue.take("slow") is None


async def test_films_go_with_their_expansion_and_their_people(
    engine: AsyncEngine, films: FilmStore, made: list[Expansion]
) -> None:
    await claimed(films, made[0])
    running = await take(films)
    await Store(engine).delete_expansion(made[0].id)
    assert await films.queue.beat(running, 0.1) is Beat.LOST
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
    assert await films.queue.take("me") is None
    waiting = asyncio.create_task(films.queue.wait())
    await films.want(made[0].id, [LOOP])
    async with asyncio.timeout(HANG):
        await waiting
