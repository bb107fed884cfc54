"""The whole bot as people use it: python-telegram-bot over HTTP against the playground, engine and SQLite; all real."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from PIL import Image

from bot.bootstrap import Kuotu, running
from bot.playground import Person
from bot.settings import Settings
from inference.engine import EngineName

SAMPLES = Path(__file__).parents[1] / "bot" / "playground" / "samples"
_ids = itertools.count(1000)

structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


def settings_in(folder: Path, **knobs: Any) -> Settings:
    """Settings of a Kuotu of its own: a free port, the engine without weights, one core."""
    chosen = {"engine": EngineName.PATCHMATCH, "port": 0, "workers": 1, "quota": 10_000}
    return Settings(data_dir=folder, **(chosen | knobs))


@pytest.fixture(scope="session")
async def kuotu(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kuotu]:
    """One running Kuotu for all conversations; each test brings people of its own."""
    async with running(settings_in(tmp_path_factory.mktemp("kuotu"))) as kuotu:
        yield kuotu


@pytest.fixture
async def fresh_with(tmp_path: Path) -> AsyncIterator[Any]:
    """`await fresh_with(quota=2)`: a Kuotu that nobody has used yet, with settings of its own."""
    async with AsyncExitStack() as stack:

        async def start(**knobs: Any) -> Kuotu:
            return await stack.enter_async_context(running(settings_in(tmp_path / "data", **knobs)))

        yield start


@pytest.fixture
async def fresh(fresh_with: Any) -> Kuotu:
    """A Kuotu that nobody has used yet."""
    return await fresh_with()


@pytest.fixture
async def newcomer(kuotu: Kuotu) -> AsyncIterator[Any]:
    """`await newcomer("Ben")`: somebody who has never been here, in a private chat unless `chat` names a group."""
    async with AsyncExitStack() as stack:

        async def arrive(name: str = "Ann", *, language: str = "en", user: int | None = None, **where: Any) -> Person:
            number = next(_ids) if user is None else user
            person = Person(where.pop("address", kuotu.address), number, name=name, language=language, **where)
            return await stack.enter_async_context(person)

        yield arrive


@pytest.fixture
async def chat(newcomer: Any) -> Person:
    """A person who uses the whole bot."""
    return await newcomer("Ann")


def small_photo(name: str = "chelsea", longest: int = 160) -> bytes:
    """A sample photo, small enough to be expanded in a blink; lossless, so that its pixels can be told."""
    picture = Image.open(SAMPLES / f"{name}.jpg")
    picture.thumbnail((longest, longest))
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def photo() -> bytes:
    return small_photo()


@pytest.fixture(scope="session")
def tiny_presets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The presets file of tiny random pipelines of the true classes, beside their folders."""
    from tests.support.tiny import save_all

    return save_all(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go, for whoever wants to look at them."""
    return tmp_path_factory.mktemp("shots")


@pytest.fixture(scope="session")
def tiny_engine(tiny_presets: Path) -> Any:
    """`tiny_engine("tiny-sd15", memory="fp8")`: the same engine again for the same words."""
    from tests.support.tiny import opener

    return opener(tiny_presets)
