"""The search finds what no row names, and nothing young; it goes on where it stopped, and one program searches."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.blobs import FOLDERS, Blobs, Stored, key_of, open_blobs
from storage.cleanup.shelf import Shelf
from storage.cleanup.sweep import DAILY, Sweep
from storage.database import transactions
from storage.expansions import Store
from storage.models import BlobSweep, now
from tests.support.rows import noted, photo

ENDINGS = (".320.webp", ".zoom.mp4")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def blobs(folder: Path) -> Blobs:
    return open_blobs(str(folder))


@pytest.fixture
def sweep(engine: AsyncEngine, blobs: Blobs) -> Sweep:
    return Sweep(engine, blobs, "one", ENDINGS)


def age(folder: Path, hours: float) -> None:
    """Set the time of all files."""
    moment = (now() - timedelta(hours=hours)).timestamp()
    for path in folder.rglob("*"):
        os.utime(path, (moment, moment))


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


async def search(sweep: Sweep, every: timedelta = timedelta()) -> bool:
    begun = await sweep.begin(every)
    while begun and await sweep.step():
        pass
    return begun


async def test_it_finds_what_no_row_names_and_leaves_the_rest(
    engine: AsyncEngine, store: Store, blobs: Blobs, folder: Path, sweep: Sweep
) -> None:
    named, preview, stray, lost = [await blobs.put(data, ".jpg") for data in (b"1", b"2", b"3", b"4")]
    await store.photos.add(photo(blob=named, thumb=preview))
    for key in (f"{preview}.320.webp", f"{stray}.320.webp", f"{lost}.zoom.mp4"):
        await blobs.put_at(key, b"derived")
    await blobs.delete([lost])
    await blobs.put_at("notes/of-the-operator.txt", b"not ours")
    half_written = folder / f"{key_of(b'5', '.png')}#1"
    half_written.parent.mkdir(exist_ok=True)
    half_written.write_bytes(b"half")
    age(folder, 2)
    assert await search(sweep)
    assert await noted(engine) == {stray, lost, half_written.relative_to(folder).as_posix()}
    assert await Shelf(engine, blobs, ENDINGS).settle_lot() == 3
    assert files(folder) == {named, preview, f"{preview}.320.webp", "notes/of-the-operator.txt"}


async def test_it_never_takes_a_young_blob(engine: AsyncEngine, blobs: Blobs, folder: Path, sweep: Sweep) -> None:
    old, again, young = [await blobs.put(data, "") for data in (b"old", b"again", b"young")]
    age(folder, 1.1)
    await blobs.put(b"again", "")  # storing a blob again renews its age
    await blobs.put(b"young", "")
    await search(sweep)
    assert await noted(engine) == {old}
    assert {again, young} <= files(folder)


async def test_what_is_stored_again_while_it_is_found_stays(
    engine: AsyncEngine, blobs: Blobs, folder: Path, sweep: Sweep
) -> None:
    shelf = Shelf(engine, blobs, ENDINGS)
    key = await blobs.put(b"old", "")
    age(folder, 2)
    kept = await shelf.put((b"old", ""))
    age(folder, 2)  # as if the listing had been read before
    await search(sweep)
    await shelf.settle_lot()
    assert await blobs.get(key) == b"old"
    await shelf.drop(kept)
    await shelf.settle_lot()
    assert files(folder) == set()


async def test_it_goes_on_where_it_stopped(engine: AsyncEngine, blobs: Blobs, folder: Path) -> None:
    sweep, other = [Sweep(engine, blobs, name, ENDINGS, enough=0) for name in ("one", "two")]
    strays = {await blobs.put(bytes([n]), "") for n in range(40)}
    age(folder, 2)
    assert await sweep.begin()
    for _ in range(100):
        assert await sweep.step()
    first = await noted(engine)
    assert first == {key for key in strays if key[:2] < "64"}
    await sweep.stop()
    await blobs.delete(sorted(first))
    assert await other.begin(DAILY)  # an unfinished search is always due
    steps = 1
    while await other.step():
        steps += 1
    assert steps == len(FOLDERS) - 100
    assert await noted(engine) == strays


@pytest.mark.parametrize(("enough", "steps"), [(0, 256), (1, 10), (4, 3), (5, 2), (10, 1), (11, 1)])
async def test_a_step_ends_when_enough_blobs_were_seen(
    engine: AsyncEngine, blobs: Blobs, folder: Path, enough: int, steps: int
) -> None:
    """Ten blobs lie in ten folders, the last of them in the last one."""
    strays = {f"{number:02x}/{number:064x}" for number in (*range(9), 255)}
    for key in strays:
        await blobs.put_at(key, b"stray")
    age(folder, 2)
    sweep, taken = Sweep(engine, blobs, "one", enough=enough), 1
    assert await sweep.begin()
    while await sweep.step():
        taken += 1
    assert (taken, await noted(engine)) == (steps, strays)


async def test_a_fault_of_the_store_costs_one_folder(engine: AsyncEngine, blobs: Blobs, folder: Path) -> None:
    """A search that begins again goes on where the fault was, in the same program, too."""
    strays = {f"{number:02x}/{number:064x}" for number in range(4)}
    for key in strays:
        await blobs.put_at(key, b"stray")
    age(folder, 2)
    faulty = Faulty(blobs, {"02"})
    sweep = Sweep(engine, cast(Blobs, faulty), "one")
    assert await sweep.begin(DAILY)
    with pytest.raises(OSError, match="02"):
        await sweep.step()
    assert await sweep.begin(DAILY)
    assert not await sweep.step()
    assert await noted(engine) == strays
    assert faulty.asked == ["00", "01", "02", *FOLDERS[2:]]


class Faulty:
    """A store that fails once for each of some folders."""

    def __init__(self, blobs: Blobs, faults: set[str]) -> None:
        self.blobs, self.faults, self.asked = blobs, faults, list[str]()

    def listed(self, folder: str) -> AsyncIterator[Sequence[Stored]]:
        self.asked.append(folder)
        if folder in self.faults:
            self.faults.remove(folder)
            raise OSError(folder)
        return self.blobs.listed(folder)


async def test_one_program_searches_at_a_time(engine: AsyncEngine, blobs: Blobs) -> None:
    sweep, other = [Sweep(engine, blobs, name, enough=0) for name in ("one", "two")]
    assert await sweep.begin()
    assert not await other.begin()
    assert not await other.step()
    assert await sweep.step()
    async with transactions(engine).write() as session:  # as if the first had been killed long ago
        await session.execute(update(BlobSweep).values(until=now() - timedelta(seconds=1)))
    assert await other.begin()
    assert not await sweep.step()
    assert await other.step()


async def test_it_is_due_once_a_day(engine: AsyncEngine, blobs: Blobs, sweep: Sweep) -> None:
    assert await search(sweep, DAILY)
    assert not await search(sweep, DAILY)
    assert await search(sweep)  # after a start
    async with transactions(engine).write() as session:
        await session.execute(update(BlobSweep).values(finished_at=now() - DAILY))
    assert await search(sweep, DAILY)
