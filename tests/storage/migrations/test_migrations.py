"""Migrations give the tables of the models on both databases, and a failure is reported in one line."""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import DatabaseUnavailable, open_database, transactions
from storage.expansions import Store
from storage.gallery.listing import Order, Period
from storage.gallery.posts import GalleryStore
from storage.gallery.search import Sought, Term
from storage.migrations import configuration, migrate
from storage.models import Job, Person, Photo, Status, now
from tests.support.databases import DATABASES, sqlite_in
from tests.support.rows import ANN, add_people, expansion, photo, queue_on


@pytest.fixture(params=DATABASES)
async def bare(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield sqlite_in(tmp_path)
        return
    server = request.getfixturevalue("postgres_server")
    engine = await open_database(server)
    plain = engine.execution_options(isolation_level="AUTOCOMMIT")
    async with plain.connect() as connection:
        await connection.execute(text("CREATE DATABASE bare"))
    yield server.replace("/postgres?", "/bare?")
    async with plain.connect() as connection:
        await connection.execute(text("DROP DATABASE bare"))
    await engine.dispose()


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_the_migrations_make_what_the_models_say(bare: str) -> None:
    engine = await open_database(bare)
    await migrate(engine)
    async with engine.connect() as connection:
        await connection.run_sync(lambda sync: command.check(configuration(sync)))
    await engine.dispose()


async def test_migrating_again_changes_nothing(bare: str) -> None:
    engine = await open_database(bare)
    await migrate(engine)
    await add_people(engine, ANN)
    await migrate(engine)
    async with transactions(engine).read() as session:
        assert await session.get(Person, ANN) is not None
    await engine.dispose()


async def test_programs_that_start_together_migrate_once(bare: str) -> None:
    engines = [await open_database(bare) for _ in range(3)]
    await asyncio.gather(*(migrate(engine) for engine in engines))
    async with engines[0].connect() as connection:
        assert "expansions" in await connection.run_sync(tables)
    for engine in engines:
        await engine.dispose()


async def test_every_revision_can_be_taken_back(bare: str) -> None:
    engine = await open_database(bare)
    await migrate(engine)
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(configuration(sync), "base"))
        assert await connection.run_sync(tables) == {"alembic_version"}
    await engine.dispose()


OLD = """
INSERT INTO people (id, name, created_at) VALUES (1, 'Ann', :now), (2, 'Bob', :now), (3, 'Cat', :now);
INSERT INTO photos (id, person_id, blob, thumb, width, height, created_at) VALUES (1, 1, 'b', 't', 9, 9, :now)
"""
EXPANSION = """
INSERT INTO expansions (id, key, person_id, chat_id, source_id, variant, rerolls, direction, "left", top, "right",
                        bottom, doubles, style, prompt, seed, status, turn, priority, attempts, lease_owner,
                        lease_until, cancel_asked, progress, created_at, started_at, engine, model, verdict, message_id,
                        delivered_at)
VALUES (:id, :key, :person, 5, 1, 0, 0, 'all', 1, 1, 1, 1, :no, 'wild', '', 7, :status, :turn, 0, :attempts, :owner,
        :now, :no, 0.25, :now, :began, '', '', 'safe', :message, :shown)
"""
FILM = """
INSERT INTO films (expansion_id, kind, status, attempts, lease_owner, lease_until, progress, asked_at, person_id,
                   chat_id, message_id)
VALUES (:id, :kind, :status, 0, NULL, NULL, 0, :now, :person, 5, :message)
"""
ROWS = [  # status, person, turn, message, whether it was started, whether it was shown
    ("done", 1, 1, 10, True, True),
    ("done", 2, 2, 11, True, True),
    ("done", 1, 2, 12, True, False),
    ("running", 1, 2, 13, True, False),
    ("waiting", 1, 3, 14, False, False),
    ("waiting", 3, 2, None, False, False),
    ("cancelled", 3, 2, None, False, False),
]
FILMS = [(1, "zoom", "done", None), (2, "loop", "failed", 20), (3, "zoom", "waiting", None), (3, "loop", "running", 21)]


def fill_old(connection: Connection) -> None:
    """Insert rows of the time when expansions and films held their own job state."""
    moment = {"now": now().replace(tzinfo=None) if connection.dialect.name == "sqlite" else now(), "no": False}
    for statement in OLD.split(";"):
        connection.execute(text(statement), moment)
    for number, (status, person, turn, message, began, shown) in enumerate(ROWS, 1):
        facts = {"id": number, "key": f"k{number}", "status": status, "person": person, "turn": turn}
        facts |= {"attempts": int(began), "owner": "old" if status == "running" else None, "message": message}
        facts |= {"began": moment["now"] if began else None, "shown": moment["now"] if shown else None}
        connection.execute(text(EXPANSION), moment | facts)
    for number, kind, status, message in FILMS:
        facts = {"id": number, "kind": kind, "status": status, "message": message}
        connection.execute(text(FILM), moment | facts | {"person": 1 if message else None})


async def test_jobs_are_carried_over_and_back(bare: str) -> None:
    engine = await open_database(bare)
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(configuration(sync), "0008"))
        await connection.run_sync(fill_old)
    await migrate(engine)
    async with transactions(engine).read() as session:
        jobs = {(job.kind, job.subject): job for job in await session.scalars(select(Job))}
    expansions = [subject for kind, subject in jobs if kind == "expansion"]
    assert sorted(expansions) == [2, 3, 4, 5, 6]  # open jobs, and those of the newest started turn
    assert {key for key in jobs if key[0] != "expansion"} == {("loop", 2), ("zoom", 3), ("loop", 3)}
    running = jobs["expansion", 4]
    assert (running.status, running.owner, running.attempts, running.progress) == (Status.RUNNING, "old", 1, 0.25)
    assert [jobs["expansion", number].settled_at is None for number in (2, 3)] == [False, True]
    assert [jobs["zoom", 3].priority, jobs["loop", 3].priority] == [0, 1]
    store, queue = Store(engine), queue_on(engine)
    carried = await store.expansion(4)
    assert carried is not None
    assert carried.status is Status.WAITING
    assert [job.subject for job in await queue.claim_ended("server", 9)] == [3]
    assert [job.subject for job in await queue.claim_unplaced("server", 9)] == [6]
    (next_one,) = await store.start([expansion(carried.source, 3, key="new", id=999)], quota=None) or ()
    (job,) = await queue.jobs([next_one.id])
    assert job.turn == 3
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(configuration(sync), "0008"))
        old = "SELECT id, status, turn, attempts FROM expansions WHERE id < 7 ORDER BY id"
        back = [tuple(row) for row in await connection.execute(text(old))]
        films = await connection.execute(text("SELECT expansion_id, kind, status FROM films ORDER BY 1, 2"))
        assert [tuple(row) for row in films] == sorted((number, kind, status) for number, kind, status, _ in FILMS)
    assert back[3:] == [(4, "running", 2, 1), (5, "waiting", 3, 0), (6, "waiting", 2, 0)]
    await engine.dispose()


SHOWN = """
INSERT INTO people (id, name, created_at) VALUES (1, 'Ann', :now), (2, 'Bob', :now);
INSERT INTO photos (id, person_id, blob, thumb, width, height, spoiler, created_at)
VALUES (1, 1, 'b', 't', 9, 9, :no, :now);
INSERT INTO expansions (id, key, person_id, chat_id, source_id, variant, rerolls, direction, "left", top, "right",
                        bottom, doubles, style, prompt, seed, status, created_at, engine, model, verdict, words)
VALUES (1, 'k', 1, 1, 1, 0, 0, 'all', 1, 1, 1, 1, :no, 'wild', '', 7, 'done', :now, '', '', 'safe', '["kites"]');
INSERT INTO posts (id, expansion_id, person_id, title, status, impressions, laughing, mind_blown, loving, screaming,
                   yawning, prior, surprise, top, hot, random, day, created_at)
VALUES (1, 1, 1, 'ＣＡＴ 猫的海洋', 'live', 0, 0, 0, 0, 0, 0, 0.5, 0.5, 0, 0, 0.5, 1, :now)
"""


def fill_shown(connection: Connection) -> None:
    """Insert a post of the time before posts could be searched for."""
    moment = now().replace(tzinfo=None) if connection.dialect.name == "sqlite" else now()
    for statement in SHOWN.split(";"):
        connection.execute(text(statement), {"now": moment, "no": False})


async def test_old_posts_are_found_and_old_people_have_pages(bare: str) -> None:
    engine = await open_database(bare)
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(configuration(sync), "0020"))
        await connection.run_sync(fill_shown)
    await migrate(engine)
    gallery = GalleryStore(engine)
    for term in (Term("cat"), Term("海洋"), Term("of", ("kites",))):
        found = await gallery.some(Order.NEWEST, Period.ALL, sought=Sought(terms=(term,)))
        assert [post.id for post in found.posts] == [1], term
    async with transactions(engine).read() as session:
        pages = list(await session.scalars(select(Person.page)))
    assert len(set(pages) - {None}) == 2
    await engine.dispose()


async def test_foreign_keys_hold_after_a_migration(engine: AsyncEngine) -> None:
    """SQLite enforces them only on request, and a migration has to switch them off for its duration."""
    await migrate(engine)
    await add_people(engine, ANN)
    await Store(engine).photos.add(photo(ANN))
    async with transactions(engine).write() as session:
        await session.delete(await session.get_one(Person, ANN))
    async with transactions(engine).read() as session:
        assert await session.get(Photo, 1) is None


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("kuotu.db", "is not a database URL"),
        ("sqlite:///kuotu.db", r"use sqlite\+aiosqlite"),
        ("oracle+pigeon://loft", r"use sqlite\+aiosqlite"),
        ("sqlite+aiosqlite:////proc/nowhere/kuotu.db", "cannot use the database"),
        ("sqlite+aiosqlite:////proc/kuotu.db", "is its folder writable"),
        ("postgresql+psycopg://someone:secret@127.0.0.1:1/kuotu", "the server up"),
    ],
    ids=["no-url", "no-async", "no-driver", "no-folder", "no-write", "no-server"],
)
async def test_a_database_that_cannot_be_says_so_in_one_line(url: str, says: str) -> None:
    with pytest.raises(DatabaseUnavailable, match=says) as refusal:
        await open_database(url)
    assert "\n" not in str(refusal.value)
    assert "secret" not in str(refusal.value)


FULL = """
import asyncio, resource, sys
from storage.database import DatabaseUnavailable, open_database
from storage.migrations import migrate
async def main():
    try:
        await migrate(await open_database(sys.argv[1]))
    except DatabaseUnavailable as error:
        print(error)
asyncio.run(main())
"""


def test_a_full_disk_says_so_in_one_line(tmp_path: Path) -> None:
    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    program = [sys.executable, "-W", "ignore", "-c", FULL, sqlite_in(tmp_path)]
    ran = subprocess.run(program, preexec_fn=small_disk, capture_output=True, text=True, check=False)
    assert ran.stdout.startswith("cannot use the database"), ran.stderr
    assert ran.stdout.count("\n") == 1
