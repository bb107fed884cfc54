"""Runs the tests of queues over SQLite, over PostgreSQL, and over PostgreSQL with Procrastinate."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.jobs.dispatch import ByTurn
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.expansions import EXPANSIONS
from storage.jobs.lease import LEASE
from storage.jobs.news import LOOK, News
from storage.jobs.procrastinate import ByProcrastinate
from storage.jobs.queue import Queue
from tests.support.databases import DATABASES, url_of
from tests.support.limits import HANG
from tests.support.queues import DispatchOf, QueueOn


@pytest.fixture(params=[*DATABASES, "procrastinate"])
def carrier(request: pytest.FixtureRequest) -> str:
    """The database, or the engine on PostgreSQL, that carries the test's jobs."""
    return str(request.param)


@pytest.fixture
def url(carrier: str, request: pytest.FixtureRequest) -> str:
    return url_of("sqlite" if carrier == "sqlite" else "postgresql", request)


@pytest.fixture
def dispatch_of(carrier: str) -> DispatchOf:
    """How jobs of a kind are chosen. Procrastinate sweeps before every choice, so tests need not `put` their jobs."""
    return ByTurn if carrier != "procrastinate" else lambda kind: ByProcrastinate(kind, sweep=0)


@pytest.fixture
def queue_on(dispatch_of: DispatchOf) -> QueueOn:
    """`queue_on(engine)` is the queue of expansions as a program sees it that looks every `look` seconds."""

    def opened(engine: AsyncEngine, lease: timedelta = LEASE, look: float = LOOK) -> EmbeddedQueue:
        return EmbeddedQueue(engine, EXPANSIONS, News(engine, look), lease, dispatch_of(EXPANSIONS))

    return opened


@pytest.fixture
def queue(engine: AsyncEngine, queue_on: QueueOn) -> Queue:
    """A queue with long leases that never looks by itself, so that only a bell ends its `wait`."""
    return queue_on(engine, timedelta(hours=1), look=2 * HANG)
