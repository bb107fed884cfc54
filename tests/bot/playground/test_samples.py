"""The sample photos that the page offers."""

from __future__ import annotations

from pathlib import Path

from aiohttp import ClientSession

from tests.support.photos import SAMPLES
from tests.support.playground import site


async def test_the_page_offers_every_scene_once(tmp_path: Path) -> None:
    async with site(tmp_path) as here, ClientSession(here.url) as page, page.get("/playground/state") as answer:
        offered = (await answer.json())["samples"]
    scenes = [Path(name).stem.partition("-")[0] for name in offered]
    assert sorted(scenes) == sorted({path.stem.partition("-")[0] for path in SAMPLES.glob("*.jpg")})
