"""Programs that share PostgreSQL and a queue of Procrastinate: they wait for the tables, work, and end as told."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.cli.migrate import prepare
from bot.opening import open_services
from bot.settings import Settings
from storage.database import open_database
from tests.support.limits import HANG
from tests.support.settings import settings_in

Process = asyncio.subprocess.Process


@asynccontextmanager
async def kuotu(folder: Path, *arguments: str, **knobs: str) -> AsyncIterator[Process]:
    """A program in its own process and data folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KUOTU_")}
    chosen = {"DATA_DIR": str(folder), "WORKERS": "1", "ENGINE": "patchmatch", "PORT": "0"} | knobs
    environment |= {f"KUOTU_{name}": value for name, value in chosen.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments, env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def said(process: Process, words: str) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(HANG):
        while words not in (line := (await process.stdout.readline()).decode()):
            assert line, "the program ended"


def carried(url: str) -> dict[str, str]:
    return {"DATABASE_URL": url, "QUEUE_URL": url.replace("+psycopg", "")}


@pytest.fixture
async def bare(postgres_server: str) -> AsyncIterator[str]:
    """The URL of a PostgreSQL database without tables."""
    server = await open_database(postgres_server)
    plain = server.execution_options(isolation_level="AUTOCOMMIT")
    async with plain.connect() as connection:
        await connection.execute(text("CREATE DATABASE unready"))
    yield postgres_server.replace("/postgres?", "/unready?")
    async with plain.connect() as connection:
        await connection.execute(text("DROP DATABASE unready WITH (FORCE)"))
    await server.dispose()


async def test_a_program_waits_until_the_tables_are_there(bare: str, tmp_path: Path) -> None:
    settings: Settings = settings_in(tmp_path, database_url=bare, queue_url=bare.replace("+psycopg", ""))
    async with AsyncExitStack() as stack:
        opening = asyncio.create_task(open_services(settings, stack, work=False))
        done, _ = await asyncio.wait({opening}, timeout=0.5)
        assert not done
        await prepare(settings)
        async with asyncio.timeout(HANG):
            opened = await opening
        assert await opened.services.queue.take("worker") is None


async def test_draining_ends_when_nothing_waits(empty_postgres: str, tmp_path: Path) -> None:
    async with kuotu(tmp_path, "worker", "--drain", **carried(empty_postgres)) as worker, asyncio.timeout(HANG):
        assert await worker.wait() == 0


async def test_a_worker_that_is_told_to_stop_ends(empty_postgres: str, tmp_path: Path) -> None:
    async with kuotu(tmp_path, "worker", **carried(empty_postgres)) as worker:
        await said(worker, "is ready")
        worker.send_signal(signal.SIGTERM)
        await said(worker, "No new job is taken")
        async with asyncio.timeout(HANG):
            assert await worker.wait() == 0
