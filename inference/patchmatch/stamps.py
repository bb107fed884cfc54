"""Copies of the subject set down in the new area before it is filled: playful ones beside the photo, wild ones
anywhere."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inference.canvas import Extent
from inference.engine import Pixels
from inference.patchmatch.levels import Level
from inference.patchmatch.pyramid import Atlas, Page
from inference.patchmatch.style import Recipe
from inference.patchmatch.subject import subject

TRIES = 60  # places looked at for each stamp
ROOM = 0.35  # of a stamp has to be seen


@dataclass(frozen=True)
class Stamp:
    """Pixels of the canvas and the atlas pixels they show, each (count, 2) rows and columns."""

    place: NDArray[np.intp]
    source: NDArray[np.intp]


def stamps(
    photo: Pixels, atlas: Atlas, level: Level, recipe: Recipe, free: NDArray[np.bool_], seed: int
) -> list[Stamp]:
    """Stamps that lie apart on `free` ((height, width) of the canvas)."""
    if not recipe.stamps:
        return []
    random = np.random.default_rng([seed, 2])
    shape, free, found = subject(photo), free.copy(), []
    for _ in range(int(random.integers(recipe.stamps[0], recipe.stamps[1] + 1))):
        nth = int(random.integers(1, len(recipe.pages)))
        cut = _seen(recipe.pages[nth], shape)
        stamp = _set_down(cut, free, level, recipe, random)
        if stamp is not None:
            place, own = stamp
            found.append(Stamp(place, own + np.array([0, atlas.first[nth]])))
            free[tuple(place.T)] = False
    return found


def _seen(page: Page, shape: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(count, 2) pixels of a page that show the subject."""
    extent = page.extent(Extent(shape.shape[1], shape.shape[0]))
    seen = shape[:: -1 if page.upturned else 1, :: -1 if page.mirrored else 1]
    return np.argwhere(cv2.resize(seen.astype(np.uint8), extent, interpolation=cv2.INTER_NEAREST) > 0)


def _set_down(
    cut: NDArray[np.intp], free: NDArray[np.bool_], level: Level, recipe: Recipe, random: Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """The best of some random places, as pixels of the canvas and of the page; None where there is no room."""
    height, width = free.shape
    best: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None
    most = ROOM * len(cut)
    ground, middle = cut[:, 0].max(), cut.mean(axis=0)
    for _ in range(TRIES):
        down = random.integers(0, height) - middle[0]
        if recipe.standing:  # on the same ground as the original, a little nearer or farther
            down = level.margins.top + random.normal(0, 0.06) * level.photo.height
            down = min(down, height - 1 - ground)
        across = random.integers(0, width) - middle[1]
        place = cut + np.array([round(down), round(across)])
        inside = (place >= 0).all(axis=1) & (place[:, 0] < height) & (place[:, 1] < width)
        inside[inside] = free[tuple(place[inside].T)]
        if inside.sum() > most:
            best, most = (place[inside], cut[inside]), inside.sum()
    return best
