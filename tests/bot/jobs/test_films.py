"""The job behind 🎬: one film after another, fenced by its lease; and what those who wait are told meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from telegram.ext import ExtBot

from bot.bootstrap import Kuotu, running
from bot.chat.cards.status import film_caption
from bot.chat.film.delivery import FilmScreen
from bot.chat.telegram.outbox import Outbox
from bot.chat.texts import texts
from bot.jobs.films import ATTEMPTS, FilmMaker
from bot.playground import Person
from bot.playground.playground import DEFAULT_TOKEN
from bot.turns import LocalTurns
from storage.jobs.films import FilmStore
from storage.models import Expansion, Film, FilmKind, Status
from tests.support.manual_clock import ManualClock
from tests.support.messages import is_film
from tests.support.photos import small_photo
from tests.support.scenes import expansion_of, result_in, store_of
from tests.support.settings import settings_in
from tests.support.wall import ANN, Wall, flat, wall_in

pytest.importorskip("av")

LOOP = FilmKind.LOOP


@dataclass
class Watched:
    """A screen that writes down what it is told."""

    films: FilmStore
    told: list[str] = field(default_factory=list)
    shown: asyncio.Queue[tuple[int, Status]] = field(default_factory=asyncio.Queue)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    refusals: int = 0

    def progressed(self, film: Film, fraction: float) -> None:
        self.told.append("progressed")
        self.begun.set()

    async def moved(self) -> None:
        self.told.append("moved")

    async def show(self, film: Film) -> bool:
        self.told.append("shown")
        refused, self.refusals = self.refusals > 0, self.refusals - 1
        if not refused:
            await self.films.delivered(film, "file")
        self.shown.put_nowait((film.expansion_id, film.status))
        return not refused


@dataclass
class Studio:
    """A wall and a film maker."""

    wall: Wall
    films: FilmStore
    screen: Watched

    async def asked(self, width: int = 80) -> Expansion:
        """An expansion whose loop somebody waits for."""
        made = await self.wall.make(flat(width, 60))
        await self.films.claim(made.id, LOOP, ANN, ANN, None)
        await self.films.place(made.id, LOOP, 7)
        return made

    @asynccontextmanager
    async def working(self, name: str = "maker") -> AsyncIterator[None]:
        maker = FilmMaker(name, self.wall.services, self.films, self.screen, beat_seconds=0.05)
        task = asyncio.create_task(maker.run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with wall_in(tmp_path) as wall:
        assert wall.services.films is not None
        yield Studio(wall, wall.services.films, Watched(wall.services.films))


async def test_a_film_is_made_kept_beside_its_picture_and_shown(studio: Studio) -> None:
    made = await studio.asked()
    async with studio.working():
        assert await studio.screen.shown.get() == (made.id, Status.DONE)
    film = await studio.films.film(made.id, LOOP)
    assert film is not None
    assert (film.file_id, film.message_id) == ("file", None)
    assert made.preview is not None
    assert (await studio.wall.services.blobs.get(LOOP.movie(made.preview)))[4:8] == b"ftyp"
    assert studio.screen.told[0] == "moved"
    assert studio.screen.told.count("progressed") > 50
    assert studio.screen.told.count("shown") == 1


async def test_what_the_network_refused_is_shown_later(studio: Studio) -> None:
    made, studio.screen.refusals = await studio.asked(), 1
    page = await studio.wall.make(flat(60, 60))
    async with studio.working():
        assert await studio.screen.shown.get() == (made.id, Status.DONE)
        await studio.films.want(page.id, [LOOP])  # instead of ten seconds
        assert await studio.screen.shown.get() == (made.id, Status.DONE)
    assert studio.screen.told.count("progressed") < 200  # made once


async def test_a_worker_that_stops_leaves_its_film_to_the_next(studio: Studio) -> None:
    made = await studio.asked()
    async with studio.working("first"):
        await studio.screen.begun.wait()
    film = await studio.films.film(made.id, LOOP)
    assert film is not None
    assert (film.status, film.attempts, film.message_id) == (Status.WAITING, 0, 7)
    async with studio.working("next"):
        assert await studio.screen.shown.get() == (made.id, Status.DONE)


async def test_what_is_deleted_meanwhile_leaves_nothing_behind(studio: Studio) -> None:
    made, services = await studio.asked(width=90), studio.wall.services
    assert made.preview is not None
    async with studio.working():
        await studio.screen.begun.wait()
        await services.discard(await services.store.delete_expansion(made.id))
        other = await studio.asked()
        assert await studio.screen.shown.get() == (other.id, Status.DONE)
    for key in (LOOP.movie(made.preview), LOOP.poster(made.preview)):
        with pytest.raises(FileNotFoundError):
            await services.blobs.get(key)


async def test_a_film_that_took_its_worker_down_three_times_is_not_tried_again(studio: Studio) -> None:
    made = await studio.asked()
    crashing = FilmStore(studio.wall.database, lease=timedelta(seconds=-1))
    for _ in range(ATTEMPTS):
        assert await crashing.take("crashing") is not None
    async with studio.working():
        assert await studio.screen.shown.get() == (made.id, Status.FAILED)
    assert "progressed" not in studio.screen.told


async def test_the_words_while_one_waits(studio: Studio) -> None:
    rows = [await studio.wall.make(flat(80, 60), author=author) for author in (1, 2, 3)]
    for made in rows:
        await studio.films.claim(made.id, LOOP, made.person_id, made.person_id, None)
        await studio.films.place(made.id, LOOP, made.id)
    told = []
    for made in rows:
        film = await studio.films.film(made.id, LOOP)
        assert film is not None
        told.append(await film_caption(studio.films, texts("en"), film))
    assert told == [
        "🎬 Your film is next.",
        "🎬 In line: one film is made before yours.",
        "🎬 In line: 2 films are made before yours.",
    ]
    running = await studio.films.take("maker")
    assert running is not None
    running.progress = 0.42
    assert await film_caption(studio.films, texts("en"), running) == "🎬 Making the film\n<code>▓▓▓▓▓░░░░░░░</code> 42%"


# on a running Kuotu


async def test_progress_is_told_at_a_pace_and_late_words_never_cover_the_film(kuotu: Kuotu, chat: Person) -> None:
    films, number = store_of(kuotu), expansion_of(await result_in(chat))
    expansion = await kuotu.services.store.expansion(number)
    assert kuotu.playground is not None
    assert expansion is not None
    assert expansion.preview is not None
    async with ExtBot(kuotu.playground.token, f"{kuotu.address}bot") as bot:
        await films.claim(number, LOOP, chat.user, chat.chat, None)
        sent = await bot.send_photo(chat.chat, small_photo(), "waiting")
        await films.place(number, LOOP, sent.message_id)
        film = await films.take("test")
        assert film is not None
        clock = ManualClock()
        outbox = Outbox(LocalTurns(clock), clock)
        screen = FilmScreen(kuotu.services, films, bot, outbox)
        for fraction in (0.1, 0.5):  # the second comes too early
            screen.progressed(film, fraction)
            await chat.wait_for(lambda m: "10%" in m.text)
        screen.progressed(film, 0.9)
        await kuotu.services.blobs.put_at(LOOP.movie(expansion.preview), b"\0\0\0\x18ftyp")
        ended = await films.finish(film, "test", Status.DONE)
        assert ended is not None
        assert await screen.show(ended)
        assert await screen.show(ended)  # doing it twice changes nothing
        clock.advance(3600)
        await outbox.close()
    shown = await chat.wait_for(is_film)
    assert (shown.id, shown.text) == (sent.message_id, "")


async def test_a_film_whose_message_was_deleted_comes_as_a_new_one(kuotu: Kuotu, chat: Person) -> None:
    films, number = store_of(kuotu), expansion_of(await result_in(chat))
    await films.claim(number, LOOP, chat.user, chat.chat, None)
    await films.place(number, LOOP, 99_999)
    film = await chat.wait_for(is_film)
    assert film.id != 99_999


async def test_whoever_is_forgotten_is_sent_nothing(kuotu: Kuotu, chat: Person) -> None:
    films, number = store_of(kuotu), expansion_of(await result_in(chat))
    await films.claim(number, LOOP, chat.user, chat.chat, None)
    film = await films.take("test")
    assert film is not None
    await films.place(number, LOOP, 99_999)
    ended = await films.finish(film, "test", Status.DONE)
    assert ended is not None
    ended.person_id = None  # as /forget leaves it where the expansion is another's
    async with ExtBot(DEFAULT_TOKEN, f"{kuotu.address}bot") as bot:
        assert await FilmScreen(kuotu.services, films, bot, Outbox(kuotu.services.turns)).show(ended)
    assert not [m for m in chat.messages if is_film(m)]


async def test_a_crash_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    """What was asked for when the program ended is made, in the same message, by the next."""
    settings = settings_in(tmp_path)
    async with running(settings) as kuotu, Person(kuotu.address, 32, name="Ann", language="en") as ann:
        result = await result_in(ann)
        films = store_of(kuotu)
        await films.claim(expansion_of(result), LOOP, ann.user, ann.chat, None)
        assert await films.take("a former life") is not None
        await films.place(expansion_of(result), LOOP, result.id)
    async with running(settings) as kuotu, Person(kuotu.address, 32) as ann:
        film = await ann.wait_for(is_film)
        assert film.id == result.id
