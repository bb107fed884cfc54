"""Chains of expansions made by the real engine, and the frames of the films made of them."""

from __future__ import annotations

from functools import cache
from io import BytesIO

import av
import cv2
import numpy as np

from inference.canvas import Extent, Margins
from inference.engine import EngineName, Pixels, Request, Style, ignore
from inference.growth import Direction, scaled
from inference.image.codec import decode
from tests.support.blind_engine import open_engine
from tests.support.photos import SAMPLES

CHAINS = {
    "once": [(Direction.ALL, 1.5)],
    "twice": [(Direction.ALL, 2.0), (Direction.ALL, 1.5)],
    "around-the-corner": [(Direction.RIGHT, 1.5), (Direction.UP, 2.0), (Direction.HORIZONTAL, 1.25)],
    "one-way": [(Direction.RIGHT, 2.0), (Direction.RIGHT, 2.0)],
    "six": [(Direction.ALL, 1.25)] * 6,
}


def sample(name: str, width: int, height: int) -> Pixels:
    """Return a sample photo resized to exactly `width` x `height` pixels."""
    picture = decode((SAMPLES / f"{name}.jpg").read_bytes())
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


@cache
def chain(name: str) -> tuple[Pixels, Pixels, tuple[Margins, ...]]:
    """Return the first photo of a chain, its last master and the margins of every step."""
    photo = canvas = sample("sunset", 96, 64)
    engine, steps = open_engine(EngineName.PATCHMATCH), []
    for number, (direction, scale) in enumerate(CHAINS[name]):
        margins = scaled(Extent.of(canvas), direction, scale)
        canvas = engine.expand(Request(canvas, margins, Style.FAITHFUL, seed=number), ignore).pixels
        steps.append(margins)
    return photo, canvas, tuple(steps)


def margins_of(name: str, photo: Extent) -> tuple[Extent, list[Margins]]:
    """Return the last canvas of a chain that starts with a photo of this extent, and the margins of every step."""
    steps = []
    for direction, scale in CHAINS[name]:
        steps.append(scaled(photo, direction, scale))
        photo = steps[-1].canvas(photo)
    return photo, steps


def played(data: bytes) -> list[Pixels]:
    """Return the decoded frames of a film, which must hold nothing but one video stream."""
    with av.open(BytesIO(data)) as container:
        assert [stream.type for stream in container.streams] == ["video"]
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def difference(one: Pixels, other: Pixels) -> float:
    """Return the mean absolute difference in grey levels."""
    return float(np.abs(one.astype(int) - other).mean())


def same(one: bytes, other: bytes) -> bool:
    """Return whether two films look the same: x264 does not always encode the same frames to the same bytes.

    A frame then differs by about half a grey level. A shift of the canvas by three pixels makes seven.
    """
    pairs = list(zip(played(one), played(other), strict=True))
    return max(difference(a, b) for a, b in pairs) < 2
