"""Workers say what they paint with, and disappear from the list when they stop."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.jobs.presence import Presence, resident_bytes
from storage.database import transactions
from storage.expansions import Store
from storage.jobs.workers import SEEN, Workers
from storage.models import FilmKind, Job, Worker, now
from tests.support.jobs import wait_long
from tests.support.limits import HANG
from tests.support.rows import ANN, BOB, CAT, add, add_people, photo, start


async def test_a_worker_is_on_the_list_while_it_lives(engine: AsyncEngine) -> None:
    workers = Workers(engine)
    presence = Presence(workers, "box:7", "diffusion", "sdxl", 2, {"wild:sdxl", "faithful:sdxl"})
    running = asyncio.create_task(presence.run())
    async with asyncio.timeout(HANG):
        while not (alive := await workers.alive()):
            continue
    (worker,) = alive
    assert (worker.name, worker.engine, worker.model, worker.devices) == ("box:7", "diffusion", "sdxl", 2)
    assert worker.presets == ["faithful:sdxl", "wild:sdxl"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await workers.alive() == []


async def test_a_killed_worker_disappears_by_itself(engine: AsyncEngine) -> None:
    workers = Workers(engine)
    await workers.seen(Worker(name="dead:1", engine="patchmatch", model="", devices=1, memory=0))
    async with transactions(engine).write() as session:
        await session.execute(update(Worker).values(seen_at=now() - 2 * SEEN))
    assert await workers.alive() == []
    for _ in range(2):
        await workers.seen(Worker(name="new:2", engine="patchmatch", model="", devices=1, memory=0))
    async with transactions(engine).read() as session:
        assert await session.get(Worker, "dead:1") is None


def worker(name: str, *presets: str) -> Worker:
    return Worker(name=name, engine="patchmatch", model="", devices=1, presets=list(presets), memory=0)


@pytest.mark.parametrize(
    ("presets", "missing"),
    [
        pytest.param(None, {"": 2, "wild:sdxl": 2, "faithful:sdxl": 1}, id="no-worker"),
        pytest.param([], {"wild:sdxl": 2, "faithful:sdxl": 1}, id="one-that-serves-what-names-none"),
        pytest.param(["wild:sdxl", "wild:patchmatch"], {"faithful:sdxl": 1}, id="one-that-serves-wild"),
        pytest.param(["wild:sdxl", "faithful:sdxl"], {}, id="one-that-serves-both"),
    ],
)
async def test_what_nobody_serves_is_known_once_it_has_waited(
    engine: AsyncEngine, presets: list[str] | None, missing: dict[str, int]
) -> None:
    workers, store = Workers(engine), Store(engine)
    await add_people(engine)
    source = photo()
    await add(engine, source)
    for person, preset in ((ANN, "wild:sdxl"), (BOB, "wild:sdxl"), (CAT, "faithful:sdxl"), (ANN, "")):
        await start(store, source, person, preset=preset)
    await add(engine, Job(kind=FilmKind.ZOOM, subject=1, person_id=BOB))
    if presets is not None:
        await workers.seen(worker("box:1", *presets))
    assert await workers.missing() == {}
    await wait_long(engine)
    assert await workers.missing() == missing


def test_memory_is_that_of_a_program_and_its_children(tmp_path: Path) -> None:
    for name, resident in (("self", 100), ("42", 7)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "status").write_text(f"Name:\tkuotu\nVmRSS:\t   {resident} kB\n")
    (tmp_path / "self" / "task" / "1").mkdir(parents=True)
    (tmp_path / "self" / "task" / "1" / "children").write_text("42 43 ")  # 43 has just ended
    assert resident_bytes(tmp_path) == 107 * 1024
    assert resident_bytes(tmp_path / "nowhere") == 0


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells")
def test_this_process_uses_memory() -> None:
    assert resident_bytes() > 2**20
