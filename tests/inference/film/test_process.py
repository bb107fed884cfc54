"""A film made in a separate process: its output, its progress, and how it ends."""

from __future__ import annotations

import asyncio
import sys
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from inference.canvas import Margins
from inference.film.encoder import before_after, film
from inference.film.process import FilmFailed, Script, shoot
from inference.image.codec import encode_master
from inference.image.mosaic import Mosaic
from inference.worker.pipe import Link
from tests.support.films import chain, played, same
from tests.support.limits import HANG

pytest.importorskip("av")

BLACK = Mosaic.of(encode_master(np.zeros((64, 64, 3), np.uint8)))


async def test_it_is_the_same_film_with_its_first_frame_and_progress() -> None:
    _, canvas, steps = chain("once")
    master, told = Mosaic.of(encode_master(canvas)), list[float]()
    reel = await shoot(Script(master, steps), told.append)
    assert same(reel.movie, film(canvas, steps))
    poster = np.asarray(Image.open(BytesIO(reel.poster)))
    assert np.abs(poster.astype(int) - played(reel.movie)[0]).mean() < 4
    assert told == sorted(told)
    assert len(set(told)) > 50
    assert told[0] == 0
    loop = await shoot(Script(master, steps, loop=True), told.append)
    assert same(loop.movie, before_after(canvas, steps[-1]))


@pytest.mark.parametrize(
    ("master", "steps"),
    [
        pytest.param(Mosaic.of(b"no picture"), [Margins(1, 0, 0, 0)], id="no-picture"),
        pytest.param(BLACK, [Margins(60, 0, 60, 0)], id="steps-too-large"),
        pytest.param(BLACK, [], id="no-steps"),
    ],
)
async def test_what_is_no_chain_is_one_line(master: Mosaic, steps: list[Margins]) -> None:
    with pytest.raises(FilmFailed) as failed:
        await shoot(Script(master, steps), lambda _: None)
    assert "\n" not in str(failed.value)


async def test_a_film_that_takes_too_long_is_given_up() -> None:
    _, canvas, steps = chain("twice")
    with pytest.raises(FilmFailed, match="no film within"):
        await shoot(Script(Mosaic.of(encode_master(canvas)), steps), lambda _: None, time_limit=0.01)


async def test_cancelling_ends_the_process() -> None:
    _, canvas, steps = chain("twice")
    begun = asyncio.Event()
    shooting = asyncio.create_task(shoot(Script(Mosaic.of(encode_master(canvas)), steps), lambda _: begun.set()))
    await begun.wait()
    shooting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await shooting


async def test_it_ends_with_its_parent() -> None:
    link = await Link.spawn(sys.executable, "-m", "inference.film.process")
    link._orders.close()  # as the end of the parent does
    with pytest.raises(EOFError):
        await link.receive()
    async with asyncio.timeout(HANG):
        assert "status" in await link.end()
