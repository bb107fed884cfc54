"""Film jobs: one film at a time, guarded by a lease, with progress for those who wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from telegram.ext import ExtBot

from bot.bootstrap import Kuotu
from bot.chat.cards.status import film_caption
from bot.chat.texts import texts
from bot.jobs.films import FilmMaker
from bot.jobs.loop import Ended, Loop
from bot.jobs.watch import Watch
from bot.playground import Person
from bot.playground.playground import DEFAULT_TOKEN
from bot.shortage import Shortage
from inference.engine import Report
from inference.marks.manifest import State, read
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.expansions import recorded
from storage.jobs.films import FILMS, FilmStore
from storage.jobs.lease import ATTEMPTS
from storage.models import Expansion, FilmKind, Job, Status
from tests.support.bot import kuotu_in
from tests.support.messages import is_film
from tests.support.photos import small_photo
from tests.support.rows import photo, start
from tests.support.scenes import expansion_of, result_in, store_of
from tests.support.screens import Recorder, watching
from tests.support.wall import ANN, Wall, flat, wall_in

pytest.importorskip("av")

LOOP = FilmKind.LOOP


class Heard(FilmMaker):
    """A film maker that remembers the fractions it reports, of which a watch that looks rarely sees only some."""

    async def work(self, job: Job, report: Report) -> Ended:
        self.reported = list[float]()

        def both(fraction: float) -> None:
            self.reported.append(fraction)
            report(fraction)

        return await super().work(job, both)


@dataclass
class Studio:
    """A wall, a film maker, and a program that watches the jobs."""

    wall: Wall
    films: FilmStore
    screen: Recorder

    async def asked(self, width: int = 80) -> Expansion:
        """Return an expansion whose loop somebody waits for."""
        made = await self.wall.make(flat(width, 60))
        await self.films.claim(made.id, LOOP, ANN, ANN, None)
        await self.films.place(made.id, LOOP, 7)
        return made

    async def running(self) -> None:
        while (await self.films.queue.counts())[Status.RUNNING] == 0:
            await self.films.queue.watch()

    @asynccontextmanager
    async def working(self, name: str = "maker") -> AsyncIterator[Heard]:
        maker = Heard(self.wall.services, self.films)
        loop = Loop(name, maker, pulse=0.05)
        async with watching(Watch("server", self.films.queue, self.screen, later=0)):
            task = asyncio.create_task(loop.run())
            try:
                yield maker
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with wall_in(tmp_path) as wall:
        films = wall.services.films
        assert films is not None

        async def deliver(job: Job) -> None:
            if film := await films.film(job.subject, FilmKind(job.kind)):
                await films.delivered(film, "file")

        yield Studio(wall, films, Recorder(deliver))


async def test_a_film_is_made_kept_beside_its_picture_and_shown(studio: Studio) -> None:
    made = await studio.asked()
    async with studio.working() as maker:
        assert await studio.screen.ends.get() == (made.id, Status.DONE)
    assert len(set(maker.reported)) > 1
    assert maker.reported == sorted(maker.reported)
    film = await studio.films.film(made.id, LOOP)
    assert film is not None
    assert (film.file_id, film.message_id) == ("file", None)
    assert made.preview is not None
    movie = await studio.wall.services.blobs.get(LOOP.movie(made.preview))
    assert read(movie, studio.wall.services.marks.keys).state is State.OURS
    assert b"TC260:AIGC" in await studio.wall.services.blobs.get(LOOP.poster(made.preview))
    told = [progress for _, status, progress in studio.screen.told if status is Status.RUNNING]
    assert told == sorted(told)
    assert await studio.films.job(film) is None


async def test_a_worker_that_stops_leaves_its_film_to_the_next(studio: Studio) -> None:
    made = await studio.asked(width=400)
    async with studio.working("first"):
        await studio.running()
    film = await studio.films.film(made.id, LOOP)
    assert film is not None
    job = await studio.films.job(film)
    assert job is not None
    assert (job.status, job.attempts, film.message_id) == (Status.WAITING, 0, 7)
    async with studio.working("next"):
        assert await studio.screen.ends.get() == (made.id, Status.DONE)


async def test_what_is_deleted_meanwhile_leaves_nothing_behind(studio: Studio) -> None:
    made, services = await studio.asked(width=400), studio.wall.services
    assert made.preview is not None
    async with studio.working():
        await studio.running()
        await services.store.delete_expansion(made.id)
        await services.shelf.settle_lot()
        other = await studio.asked()
        assert await studio.screen.ends.get() == (other.id, Status.DONE)
    await services.shelf.settle_lot()
    for key in (LOOP.movie(made.preview), LOOP.poster(made.preview)):
        with pytest.raises(FileNotFoundError):
            await services.blobs.get(key)


async def test_a_film_that_took_its_worker_down_three_times_is_not_tried_again(studio: Studio) -> None:
    made = await studio.asked()
    crashing = EmbeddedQueue(studio.wall.database, FILMS, lease=timedelta(seconds=-1))
    for _ in range(ATTEMPTS):
        assert await crashing.take("crashing") is not None
    async with studio.working():
        assert await studio.screen.ends.get() == (made.id, Status.FAILED)
    assert not any(status is Status.RUNNING for _, status, _progress in studio.screen.told)


async def test_the_words_while_one_waits(studio: Studio) -> None:
    rows = [await studio.wall.make(flat(80, 60), author=author) for author in (1, 2, 3)]
    for made in rows:
        await studio.films.claim(made.id, LOOP, made.person_id, made.person_id, None)
        await studio.films.place(made.id, LOOP, made.id)
    told = []
    for made in rows:
        film = await studio.films.film(made.id, LOOP)
        assert film is not None
        told.append(await film_caption(studio.films, Shortage(), texts("en"), film))
    assert told == [
        "🎬 Your film is next.",
        "🎬 In line: one film is made before yours.",
        "🎬 In line: 2 films are made before yours.",
    ]
    running = await studio.films.queue.take("maker")
    assert running is not None
    await studio.films.queue.beat(running, 0.42)
    film = await studio.films.film(running.subject, LOOP)
    assert film is not None
    assert (
        await film_caption(studio.films, Shortage(), texts("en"), film)
        == "🎬 Making the film\n<code>▓▓▓▓▓░░░░░░░</code> 42%"
    )


# tests with a running Kuotu


async def made_by_hand(kuotu: Kuotu, person: int) -> Expansion:
    """Return a result in a Kuotu that has no worker."""
    store, queue, blobs = kuotu.services.store, kuotu.services.queue, kuotu.services.blobs
    await kuotu.services.people.see(person, "Ann")
    picture = await blobs.put(small_photo(), ".jpg")
    source = await store.photos.add(photo(person, blob=picture, thumb=picture))
    row = await start(store, source)
    job = await queue.take("by hand")
    assert job is not None
    result = photo(person, blob=picture, thumb=picture)
    assert await queue.finish(job, Status.DONE, recorded(row.id, result=result, preview=picture))
    return row


async def test_progress_is_told_and_the_message_becomes_the_film(tmp_path: Path) -> None:
    """The serving program reads everything from the rows, because another program makes the film."""
    async with (
        kuotu_in(tmp_path, work=False) as kuotu,
        Person(kuotu.address, 33, name="Ann", language="en") as ann,
        ExtBot(DEFAULT_TOKEN, f"{kuotu.address}bot") as bot,
    ):
        await ann.say("/start")
        films, made = store_of(kuotu), await made_by_hand(kuotu, ann.user)
        sent = await bot.send_photo(ann.chat, small_photo(), "waiting")
        await films.claim(made.id, LOOP, ann.user, ann.chat, None)
        await films.place(made.id, LOOP, sent.message_id)
        job = await films.queue.take("by hand")
        assert job is not None
        for fraction in (0.1, 0.9):
            await films.queue.beat(job, fraction)
            await ann.wait_for(lambda m, said=f"{fraction:.0%}": said in m.text)  # type: ignore[misc]
        expansion = await kuotu.services.store.expansion(made.id)
        assert expansion is not None
        assert expansion.preview is not None
        await kuotu.services.blobs.put_at(LOOP.movie(expansion.preview), b"\0\0\0\x18ftyp")
        assert await films.queue.finish(job, Status.DONE)
        film = await ann.wait_for(is_film)
        assert (film.id, film.text) == (sent.message_id, "")


async def test_a_film_whose_message_was_deleted_comes_as_a_new_one(kuotu: Kuotu, chat: Person) -> None:
    films, number = store_of(kuotu), expansion_of(await result_in(chat))
    await films.claim(number, LOOP, chat.user, chat.chat, None)
    await films.place(number, LOOP, 99_999)
    film = await chat.wait_for(is_film)
    assert film.id != 99_999


async def test_whoever_is_forgotten_is_sent_nothing(tmp_path: Path) -> None:
    async with (
        kuotu_in(tmp_path, work=False) as kuotu,
        Person(kuotu.address, 34, name="Ann", language="en") as ann,
    ):
        await ann.say("/start")
        films, made = store_of(kuotu), await made_by_hand(kuotu, 35)
        await kuotu.services.people.see(ann.user, "Ann")
        await films.claim(made.id, LOOP, ann.user, ann.chat, None)
        await films.place(made.id, LOOP, 99_999)
        job = await films.queue.take("by hand")
        assert job is not None
        await kuotu.services.people.forget(ann.user)
        assert await films.queue.finish(job, Status.DONE)
        while await films.queue.jobs([made.id]):
            await films.queue.watch()
        assert not [m for m in ann.messages if is_film(m)]


async def test_a_crash_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    """A film that was requested before a crash is made by the next program, in the same message."""
    async with kuotu_in(tmp_path) as kuotu, Person(kuotu.address, 32, name="Ann", language="en") as ann:
        result = await result_in(ann)
        films = store_of(kuotu)
        await films.claim(expansion_of(result), LOOP, ann.user, ann.chat, None)
        await films.place(expansion_of(result), LOOP, result.id)
    async with kuotu_in(tmp_path) as kuotu, Person(kuotu.address, 32) as ann:
        film = await ann.wait_for(is_film)
        assert film.id == result.id
