"""Programs that share PostgreSQL and a queue of Procrastinate: they wait for the tables, work, and end as told."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.bootstrap import open_services
from bot.cli.migrate import prepare
from bot.settings import Settings
from storage.database import open_database
from tests.support.limits import HANG
from tests.support.scaled import carried, kuotu, said
from tests.support.settings import settings_in


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
