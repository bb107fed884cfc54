"""Fixtures that tests of more than one package use: databases, tiny models, photos and the whole bot.

The bot runs as people use it: python-telegram-bot over HTTP against the playground, SQLite and the real engine, which
is only spared its search for subjects and for what is explicit.
"""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web_app
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.bootstrap import Kuotu
from bot.playground import Person
from storage.database import open_database
from tests.support.bot import kuotu_in
from tests.support.databases import (
    empty_postgres,
    engine,
    engines,
    postgres,
    postgres_server,
    sqlite_folder,
    sqlite_in,
    url,
)
from tests.support.photos import small_photo
from tests.support.s3 import s3

__all__ = [
    "empty_postgres",
    "engine",
    "engines",
    "postgres",
    "postgres_server",
    "s3",
    "sqlite_folder",
    "url",
]  # fixtures

_ids = itertools.count(1000)

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each program that a test starts compiles every source file anew

structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


def pytest_xdist_auto_num_workers() -> int:
    """Two workers more than there are cores, because tests wait for processes, browsers and pauses."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_finish() -> None:
    """Spare the garbage collector what the test modules import, and let it look for more garbage at a time.

    The modules bring half a million objects, most of them torch's, and the collector took 6 % of the suite's CPU time.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="module", autouse=True)
def release_applications() -> Iterator[None]:
    """Let go of closed programs: aiohttp remembers the last 1,024 handlers, and with each a whole program.

    Otherwise a test process grows to three million objects, which the garbage collector then searches.
    """
    yield
    web_app._cached_build_middleware.cache_clear()


@pytest.fixture
def photo() -> bytes:
    return small_photo()


@pytest.fixture(scope="session")
def tiny_presets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The presets file of tiny random pipelines, which have the classes of the real ones and are stored beside it."""
    from tests.support.tiny import save_all

    return save_all(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny_engine(tiny_presets: Path) -> Any:
    """`tiny_engine("tiny-sd15", memory="fp8")` opens an engine; the same arguments return the same engine."""
    from tests.support.tiny import opener

    return opener(tiny_presets)


@pytest.fixture(scope="session")
async def shared_kuotu(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kuotu]:
    async with kuotu_in(tmp_path_factory.mktemp("shared")) as kuotu:
        yield kuotu


@pytest.fixture(scope="session")
async def filmless_kuotu(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kuotu]:
    async with kuotu_in(tmp_path_factory.mktemp("filmless"), films=False) as kuotu:
        yield kuotu


@pytest.fixture(scope="module")
def films() -> bool:
    """Whether Kuotus make films: every journey and every post would have one, at two seconds of a core."""
    return True


@pytest.fixture(scope="module")
def own_settings() -> dict[str, Any] | None:
    """The settings of a Kuotu that belongs to one module. None selects the Kuotu that all modules share.

    A module that needs its own database or settings overrides this fixture.
    """
    return None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the module's own Kuotu."""
    return tmp_path_factory.mktemp("own")


@pytest.fixture(scope="module")
async def own_kuotu(own_settings: dict[str, Any] | None, folder: Path, films: bool) -> AsyncIterator[Kuotu]:
    async with kuotu_in(folder, films=films, **own_settings or {}) as kuotu:
        yield kuotu


@pytest.fixture(scope="module")
def kuotu(request: pytest.FixtureRequest, own_settings: dict[str, Any] | None, films: bool) -> Kuotu:
    """The running Kuotu that `newcomer` and `chat` talk to. Every test brings its own people."""
    shared = "shared_kuotu" if films else "filmless_kuotu"
    found = request.getfixturevalue(shared if own_settings is None else "own_kuotu")
    assert isinstance(found, Kuotu)
    return found


@pytest.fixture
async def database(own_kuotu: Kuotu, folder: Path) -> AsyncIterator[AsyncEngine]:
    """The database of the module's own Kuotu."""
    engine = await open_database(sqlite_in(folder))
    yield engine
    await engine.dispose()


@pytest.fixture
async def fresh_with(tmp_path: Path, films: bool) -> AsyncIterator[Any]:
    """`await fresh_with(quota=2)` starts a Kuotu for one test with these settings, in `tmp_path / "data"`.

    A test that needs no picture says `work=False`: starting an engine takes longer than everything else.
    """
    async with AsyncExitStack() as stack:

        async def start(**knobs: Any) -> Kuotu:
            return await stack.enter_async_context(kuotu_in(tmp_path / "data", **({"films": films} | knobs)))

        yield start


@pytest.fixture
async def fresh(fresh_with: Any) -> Kuotu:
    """A Kuotu for one test, with the usual settings."""
    return await fresh_with()


@pytest.fixture
async def newcomer(kuotu: Kuotu) -> AsyncIterator[Any]:
    """`await newcomer("Ben")` returns a new person, in a private chat unless `chat` names a group."""
    async with AsyncExitStack() as stack:

        async def arrive(name: str = "Ann", *, language: str = "en", user: int | None = None, **where: Any) -> Person:
            number = next(_ids) if user is None else user
            person = Person(where.pop("address", kuotu.address), number, name=name, language=language, **where)
            return await stack.enter_async_context(person)

        yield arrive


@pytest.fixture
async def chat(newcomer: Any) -> Person:
    """Ann's private chat, in which she is new to the bot."""
    return await newcomer("Ann")
