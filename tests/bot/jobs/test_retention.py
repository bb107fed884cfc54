"""The sweeps of the retention period go on after an outage."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.bootstrap import Kuotu
from bot.jobs.retention import Keeper
from storage.cleanup.retention import Retention
from storage.database import open_database
from tests.support.limits import HANG


async def test_an_outage_is_left_to_the_supervisor_which_tries_again_soon(kuotu: Kuotu, tmp_path: Path) -> None:
    empty = await open_database(f"sqlite+aiosqlite:///{tmp_path}/empty.db")
    services = replace(kuotu.services, retention=Retention(empty, timedelta(days=90)))
    async with asyncio.timeout(HANG):
        with pytest.raises(OperationalError):
            await Keeper(services).run()
    await empty.dispose()
