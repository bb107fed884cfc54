"""Opens the queue that KUOTU_QUEUE_URL names."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.jobs.dispatch import Dispatch
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.kinds import JobKind
from storage.jobs.news import News
from storage.jobs.queue import Queue, QueueUnavailable

LOCAL = "local"


def open_queue(url: str, engine: AsyncEngine, kind: JobKind, news: News | None = None) -> Queue:
    """Open `local`, or Procrastinate at the `postgresql://…` of the database. Raises QueueUnavailable."""
    return EmbeddedQueue(engine, kind, news, dispatch=None if url == LOCAL else _procrastinate(url, engine, kind))


def _procrastinate(url: str, engine: AsyncEngine, kind: JobKind) -> Dispatch:
    _check(url, engine.url)
    try:
        from storage.jobs.procrastinate import ByProcrastinate
    except ModuleNotFoundError as missing:
        raise QueueUnavailable(f"KUOTU_QUEUE_URL needs {missing.name}: pip install 'kuotu[scale]'") from None
    return ByProcrastinate(kind)


def _check(url: str, database: URL) -> None:
    try:
        address = make_url(url)
    except ArgumentError:
        address = None
    if address is None or address.get_backend_name() != "postgresql":
        named = url.rpartition("@")[2]  # what stands before it may be a password
        raise QueueUnavailable(
            f"no queue at {named!r}; KUOTU_QUEUE_URL=local keeps jobs in the database, and postgresql://… (the "
            "database's own address) lets Procrastinate carry them"
        )
    if database.get_backend_name() != "postgresql":
        raise QueueUnavailable("KUOTU_QUEUE_URL=postgresql://… needs KUOTU_DATABASE_URL=postgresql+psycopg://… too")
    if _place(address) != _place(database):  # a job and its row change in one transaction
        raise QueueUnavailable(
            f"KUOTU_QUEUE_URL names {_said(address)}, but KUOTU_DATABASE_URL names {_said(database)}; jobs and their "
            "rows change together, so name the same database in both"
        )


def _place(url: URL) -> tuple[object, ...]:
    host = url.host or url.query.get("host") or ""
    return host, url.port or 5432, url.database or url.username


def _said(url: URL) -> str:
    host, port, database = _place(url)
    return f"{host or 'the local socket'}:{port}/{database}"
