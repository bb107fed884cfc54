"""A worker only paints: it needs no token, does not import Telegram, and can start at any time."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.bootstrap import Kuotu, running
from bot.playground import Person
from tests.support.blind import BLIND
from tests.support.messages import is_panel, is_result
from tests.support.photos import small_photo
from tests.support.rows import expansion
from tests.support.settings import settings_in

# runs `kuotu worker` with the engine of tests, then prints which modules were imported
WORKER = f"""
import asyncio, sys
from bot.bootstrap import running
from bot.logs import configure_logs
from bot.settings import Settings

async def main():
    settings = Settings()
    configure_logs(settings)
    async with running(settings, work=True, serve=False, opener={BLIND!r}):
        loaded = sorted(name for name in sys.modules if name.split(".")[0] == "telegram" or name.startswith("bot.chat"))
        print("ready", loaded, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


class Shared(NamedTuple):
    """The URLs of an empty database that several programs use, and of the queue in it."""

    database: str
    queue: str = "local"


@pytest.fixture(params=["sqlite", "postgresql", "procrastinate"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Shared:
    if request.param == "sqlite":
        return Shared(f"sqlite+aiosqlite:///{tmp_path / 'shared.db'}")
    url = str(request.getfixturevalue("empty_postgres"))
    return Shared(url, url.replace("+psycopg", "")) if request.param == "procrastinate" else Shared(url)


@asynccontextmanager
async def worker(folder: Path, shared: Shared) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker in its own process, without a token and with its own data folder."""
    knobs = {"DATA_DIR": str(folder / "worker"), "BLOBS_URL": (folder / "blobs").as_uri(), "WORKERS": "1"}
    knobs |= {"ENGINE": "patchmatch", "DATABASE_URL": shared.database, "QUEUE_URL": shared.queue}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KUOTU_")}
    environment |= {f"KUOTU_{name}": value for name, value in knobs.items()}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, env=environment, stdin=pipe, stdout=pipe
    )
    assert process.stdout is not None
    try:
        while b"ready" not in (line := await process.stdout.readline()):
            assert line, "the worker ended"
        assert line == b"ready []\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def serving(folder: Path, shared: Shared) -> AsyncIterator[Kuotu]:
    """A program that serves and does not paint."""
    blobs = (folder / "blobs").as_uri()
    urls = {"database_url": shared.database, "queue_url": shared.queue, "blobs_url": blobs}
    settings = settings_in(folder / "server", **urls)
    async with running(settings, work=False) as kuotu:
        yield kuotu


async def asked(ann: Person) -> None:
    await ann.send_document(small_photo())
    await ann.tap(await ann.wait_for(is_panel), "Expand")


def status_messages(ann: Person) -> list[str]:
    return [message.text for message in ann.messages if "❌ Cancel" in message.labels]


async def test_a_worker_paints_and_the_serving_program_shows(tmp_path: Path, shared: Shared) -> None:
    async with (
        serving(tmp_path, shared) as kuotu,
        worker(tmp_path, shared),
        Person(kuotu.address, 41, name="Ann", language="en") as ann,
    ):
        await asked(ann)
        await ann.wait_for(is_result)
        assert [is_result(message) for message in ann.messages].count(True) == 1
        assert status_messages(ann) == []


async def test_a_worker_that_starts_while_a_message_is_sent_disturbs_nothing(tmp_path: Path, shared: Shared) -> None:
    """In an earlier design every program placed and delivered, which left stale messages and duplicates."""
    async with (
        serving(tmp_path, shared) as kuotu,
        Person(kuotu.address, 42, name="Ann", language="en") as ann,
    ):
        await asked(ann)
        services = kuotu.services
        (row,) = await services.store.live(ann.user)
        second = expansion(row.source, ann.user, chat_id=ann.chat)
        (unplaced,) = await services.store.start([second], quota=None) or ()
        (placing,) = await services.queue.jobs([unplaced.id])
        assert await services.queue.hold(placing, 600)  # a worker may take long to start on a busy machine
        async with worker(tmp_path, shared):
            await ann.wait_for(is_result)
            (held,) = await services.queue.jobs([unplaced.id])
            assert (held.owner, held.fence) == ("placing", 0)
            before = [message.id for message in ann.messages]
            assert await services.store.place([unplaced.id], before[-1] + 1000)  # the sendPhoto is answered
            await services.queue.put([unplaced.id])
            await ann.wait_for(lambda m: is_result(m) and m.id not in before)
        assert [is_result(message) for message in ann.messages].count(True) == 2
        assert status_messages(ann) == []


async def test_what_a_killed_worker_left_is_painted_by_the_next_and_shown_once(tmp_path: Path) -> None:
    """On SQLite, the other programs notice a dead worker only when its lease runs out."""
    database = Shared(f"sqlite+aiosqlite:///{tmp_path / 'shared.db'}")
    async with (
        serving(tmp_path, database) as kuotu,
        Person(kuotu.address, 43, name="Ann", language="en") as ann,
    ):
        async with worker(tmp_path, database) as process:
            await asked(ann)
            await ann.wait_for(lambda m: "Looking" in m.text or "Painting" in m.text or is_result(m))
            process.kill()
            await process.wait()
        await kuotu.services.queue.rescue(every_lease=True)  # as if its lease had run out
        async with worker(tmp_path, database):
            await ann.wait_for(is_result)
        assert [is_result(message) for message in ann.messages].count(True) == 1
