"""What is deleted leaves no file, whenever the program is killed and whatever the store does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.jobs.collector import Collector
from bot.services import DERIVED
from bot.thumbnails import SIZES
from storage.blobs import Blobs, Stored
from storage.cleanup.shelf import Shelf
from storage.cleanup.sweep import Sweep
from storage.database import transactions
from storage.models import BlobSweep, FilmKind, now
from tests.support.dying import write_outcome
from tests.support.forked import FORKS
from tests.support.wall import ANN, Wall, flat, wall_in

STRIDE = 9  # every step takes minutes: `.venv/bin/python -m tests.support.dying forget /tmp/dying 1`


@pytest.mark.parametrize("act", ["forget", "retention", "photo", "step"])
def test_a_kill_at_any_step_leaves_nothing_after_the_next_start(act: str, tmp_path: Path) -> None:
    program = FORKS.Process(target=write_outcome, args=(act, tmp_path, STRIDE))
    program.start()
    program.join()
    assert program.exitcode == 0
    outcome = json.loads((tmp_path / "outcome").read_text())
    assert outcome["left"] == []
    assert outcome["deaths"] > 5


class Away:
    """A store that can be away, and whose listings make every blob older."""

    def __init__(self, blobs: Blobs, older: timedelta = timedelta()) -> None:
        self.blobs, self.older, self.away, self.calls = blobs, older, False, asyncio.Queue[int]()
        self.put, self.put_at, self.get = blobs.put, blobs.put_at, blobs.get

    async def delete(self, keys: Sequence[str]) -> None:
        self.calls.put_nowait(len(keys))
        if self.away:
            raise ConnectionError("the store does not answer")
        await self.blobs.delete(keys)

    async def listed(self, folder: str) -> AsyncIterator[Sequence[Stored]]:
        async for page in self.blobs.listed(folder):
            yield [blob._replace(modified=blob.modified - self.older) for blob in page]


@pytest.fixture
async def wall(tmp_path: Path) -> AsyncIterator[Wall]:
    async with wall_in(tmp_path) as wall:
        yield wall


@asynccontextmanager
async def collecting(wall: Wall, blobs: Blobs) -> AsyncIterator[Collector]:
    """Run both loops of a collector."""
    services = replace(wall.services, blobs=blobs, shelf=Shelf(wall.database, blobs, DERIVED))
    collector = Collector(services, Sweep(wall.database, blobs, "me", DERIVED), soonest=0.01)
    tasks = [asyncio.create_task(collector.run()), asyncio.create_task(collector.search())]
    try:
        yield collector
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(end) for end in ended] == [asyncio.CancelledError] * 2


def files(folder: Path) -> set[str]:
    return {path.name for path in (folder / "blobs").rglob("*") if path.is_file()}


async def test_what_is_forgotten_is_gone_when_the_round_ends(wall: Wall, tmp_path: Path) -> None:
    post = await wall.hang(flat(60, 40))
    await wall.film(post, FilmKind.LOOP, b"film", b"poster")
    for name in SIZES:
        await wall.get(f"/picture/{post.id}/{name}")
    assert len(files(tmp_path)) == 10
    async with collecting(wall, wall.services.blobs):
        await wall.services.people.forget(ANN)
        assert await wall.services.rounds.caught_up()
        assert files(tmp_path) == set()


async def test_an_outage_of_the_store_is_waited_for(wall: Wall, tmp_path: Path) -> None:
    await wall.make(flat(60, 40))
    store = Away(wall.services.blobs)
    store.away = True
    async with collecting(wall, store):
        await wall.services.people.forget(ANN)
        assert not await wall.services.rounds.caught_up(0.05)
        for _ in range(3):
            await store.calls.get()
        assert files(tmp_path)
        store.away = False
        while files(tmp_path):
            await store.calls.get()
            await wall.services.rounds.caught_up()


async def test_a_start_searches_without_waiting_for_the_next_day(wall: Wall, tmp_path: Path) -> None:
    await wall.services.blobs.put(b"stray", "")
    async with transactions(wall.database).write() as session:
        session.add(BlobSweep(name="blobs", cursor="", finished_at=now()))
    store = Away(wall.services.blobs, timedelta(hours=2))
    async with collecting(wall, store):
        while files(tmp_path):
            await store.calls.get()
            await wall.services.rounds.caught_up()
