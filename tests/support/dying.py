"""Kills a program at one step after another, and starts the next one after each death.

`python -m tests.support.dying ACT FOLDER STRIDE` prints one line of JSON: how often the program died, and everything
that a next start left behind. A step is a callback of the event loop, so each await is one or more; every STRIDE-th is
tried. Every life is a process of its own, forked from this one, which has imported everything and runs no thread.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import configure_mappers

from bot.jobs.collector import Collector
from bot.jobs.retention import Keeper
from bot.services import Services
from storage.blobs import open_blobs
from storage.cleanup.sweep import Sweep
from storage.database import open_database
from storage.models import FilmKind, Piece, now
from tests.support.databases import sqlite_in
from tests.support.rows import ANN, add, photo
from tests.support.traces import stray_blobs
from tests.support.wall import flat, services_on, wall_in

MASTER = 2  # the id of the only master


class Dying(asyncio.SelectorEventLoop):
    """An event loop that kills its process a number of callbacks after it was armed."""

    _steps = -1

    def arm(self, steps: int) -> None:
        self._steps = steps

    def call_soon(self, *args: Any, **kwargs: Any) -> asyncio.Handle:
        self._step()
        return super().call_soon(*args, **kwargs)

    def call_soon_threadsafe(self, *args: Any, **kwargs: Any) -> asyncio.Handle:
        self._step()
        return super().call_soon_threadsafe(*args, **kwargs)

    def _step(self) -> None:
        self._steps -= 1
        if self._steps == 0:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Life:
    """What one life of the program has."""

    database: AsyncEngine
    services: Services

    @property
    def collector(self) -> Collector:
        """The program's collector."""
        sweep = Sweep(self.database, self.services.blobs, "this life")
        return Collector(self.services, sweep)


Act = Callable[[Life], Awaitable[None]]


async def forget(life: Life) -> None:
    """Delete a person, as a tap on the button does and, after a crash, the repeated update."""
    await life.services.people.forget(ANN)
    await life.collector.collect()


async def retain(life: Life) -> None:
    """Delete what is over time, as the keeper does after every start."""
    await Keeper(life.services, lambda: now() + timedelta(days=100)).sweep()
    await life.collector.collect()


async def send(life: Life) -> None:
    """Store a photo. After a crash, the person does not send it again."""
    kept = await life.services.shelf.put((b"new", ""), (b"small", ".jpg"))
    blob, thumb = kept.keys
    await life.services.store.photos.add(photo(ANN, blob=blob, thumb=thumb, chat_id=ANN, message_id=99), kept)


async def step(life: Life) -> None:
    """Store a master in pieces: those of the one before it, and a new one. After a crash, it is not painted again."""
    before = await life.services.store.photos.with_pieces(MASTER)
    assert before is not None
    kept = await life.services.shelf.put(
        (b"new", ".webp"), (b"small", ".jpg"), there=[piece.blob for piece in before.pieces]
    )
    new, thumb, *old = kept.keys
    pieces = [Piece(position=number, blob=key, left=0, top=number) for number, key in enumerate([*old, new])]
    await life.services.store.photos.add(photo(ANN, blob=new, thumb=thumb, pieces=pieces), kept)


async def nothing(_life: Life) -> None:
    """Do nothing."""


ACTS: dict[str, tuple[Act, Act]] = {  # what dies, and what the next start does again
    "forget": (forget, forget),
    "retention": (retain, retain),
    "photo": (send, nothing),
    "step": (step, nothing),
}


async def prepare(folder: Path) -> None:
    """Make a data folder with the photo and the expansion of a person, its master in pieces, and a film of it."""
    async with wall_in(folder) as wall:
        post = await wall.hang(flat(60, 40))
        assert post.expansion.result_id == MASTER
        first, second = [await wall.services.blobs.put(data, ".webp") for data in (b"the photo", b"around it")]
        pieces = [Piece(photo_id=MASTER, position=n, blob=key, left=0, top=n) for n, key in enumerate((first, second))]
        await add(wall.database, *pieces)
        await wall.film(post, FilmKind.LOOP, b"film", b"poster")
        await wall.services.gallery.unpublish(post.id, ANN)
        await wall.services.shelf.free()
        await wall.services.shelf.settle_lot()


async def live(folder: Path, act: Act, steps: int = -1, report: Path | None = None) -> None:
    """Live one life. With a report, start as after a crash, and report what is left at the end."""
    database = await open_database(sqlite_in(folder))
    life = Life(database, services_on(database, open_blobs(str(folder / "blobs"))))
    if report is not None:
        await life.services.shelf.free()
        await life.collector.collect()
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Dying)
    loop.arm(steps)
    await act(life)
    loop.arm(-1)
    if report is not None:
        left = json.dumps(sorted(await stray_blobs(database, folder)))
        await asyncio.to_thread(report.write_text, left)
    await database.dispose()


def fork(body: Callable[[], Coroutine[Any, Any, None]]) -> bool:
    """Run a coroutine in a process of its own. Returns whether it died."""
    if (child := os.fork()) == 0:
        with asyncio.Runner(loop_factory=Dying) as runner:
            runner.run(body())
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a life ended with an error")
    return os.WIFSIGNALED(status)


def outcome(name: str, place: Path, stride: int) -> str:
    """Kill the act at every `stride`-th step, and return the outcome as JSON."""
    act, again = ACTS[name]
    whole, copy, report = place / "whole", place / "copy", place / "report"
    configure_mappers()  # once, and not in every life
    fork(partial(prepare, whole))
    left: list[str] = []
    deaths = 0
    died = True
    while died:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(whole, copy)
        died = fork(partial(live, copy, act, deaths * stride + 1))
        fork(partial(live, copy, again, report=report))
        left += json.loads(report.read_text())
        deaths += died
    return json.dumps({"deaths": deaths, "left": left})


def write_outcome(name: str, place: Path, stride: int) -> None:
    """Do the same in a process that a test has forked, and write the outcome into the folder."""
    (place / "outcome").write_text(outcome(name, place, stride))


if __name__ == "__main__":
    sys.stdout.write(outcome(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
