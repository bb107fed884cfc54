"""A shortage of workers is logged once, counted for Prometheus, noticed by itself, and told to who waits for a film."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from bot.bootstrap import Kuotu
from bot.chat.cards.status import film_caption
from bot.chat.texts import texts
from bot.shortage import Shortage
from storage.jobs.workers import Workers
from storage.models import Film, FilmKind, Job
from tests.support.jobs import wait_long
from tests.support.limits import HANG
from tests.support.rows import ANN, add, add_people


def test_it_is_logged_when_it_changes_and_counted() -> None:
    shortage = Shortage()
    both = {"wild:sdxl": 2, "": 1}
    looks = [({}, {}), (both, {}), (both, both), (both, both), ({"": 1}, {"": 1}), ({}, {}), ({"": 1}, {}), ({}, {})]
    with capture_logs() as lines:
        for missing, believed in looks:
            shortage.note(missing)
            assert REGISTRY.get_sample_value("kuotu_jobs_unserved") == sum(believed.values())
            assert shortage.presets == set(believed)
    assert sorted((line["event"], line["preset"]) for line in lines) == [
        ("jobs.served", "any"),
        ("jobs.served", "wild:sdxl"),
        ("jobs.unserved", "any"),
        ("jobs.unserved", "wild:sdxl"),
    ]
    assert shortage.changes == 3


async def test_it_is_noticed_by_itself(engine: AsyncEngine) -> None:
    await add_people(engine)
    await add(engine, Job(kind=FilmKind.ZOOM, subject=1, person_id=ANN))
    await wait_long(engine)
    shortage, workers = Shortage(every=0), Workers(engine)
    watching = asyncio.create_task(shortage.watch(workers))
    async with asyncio.timeout(HANG):
        while shortage.presets != {""}:
            await workers.alive()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


@pytest.mark.parametrize(("presets", "told"), [({""}, True), ({"wild:sdxl"}, False), (set(), False)])
async def test_a_film_waits_for_any_worker(kuotu: Kuotu, presets: set[str], told: bool) -> None:
    if (films := kuotu.services.films) is None:
        pytest.skip("films cannot be made here")
    caption = await film_caption(
        films, Shortage(frozenset(presets)), texts("en"), Film(expansion_id=1, kind=FilmKind.ZOOM)
    )
    assert ("Nothing here can make this right now." in caption) is told
