"""Finds the number in a picture that may have been scaled, cropped and encoded again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent
from inference.engine import Pixels
from inference.marks.canonical import CANONICAL, Plane, canonical
from inference.marks.carrier import TILE, Carriers, Spectrum, carriers, contrast, evened, folded, moved
from inference.marks.code import decode, encode

SURE: Final = 7.5  # standard deviations from which a picture carries a number; docs/marks.md has the false alarms
AGREED: Final = 6.0  # standard deviations from which it carries a given number
CLEAR: Final = 12.0  # standard deviations from which other scales are not tried any more
CROPPED: Final = 0.88  # the smallest part of the longer side that may be left
STEP: Final = 0.0025  # between two scales that are tried
SHARES: Final = tuple(float(share) for share in np.arange(1.0, CROPPED, -STEP))  # of the longer side that may be left
STRIPS: Final = (3, 6)  # strips at the edges are these parts of the side


@dataclass(frozen=True, eq=False)
class Detection:
    """The best match in a picture."""

    sync: float  # how well the tile fits, in standard deviations
    soft: NDArray[np.float32]  # the soft values of the coded bits

    @property
    def sure(self) -> bool:
        """Whether the picture carries a number of this installation."""
        return self.sync >= SURE

    @property
    def number(self) -> str:
        """The number that fits best. In a weak match some of its bits are wrong."""
        return decode(self.soft)

    def carries(self, number: str) -> bool:
        """Return whether the picture carries a number that is known from elsewhere."""
        return self.sure and self.agreement(number) >= AGREED

    def agreement(self, number: str) -> float:
        """Return how well a number fits, in standard deviations."""
        return float(np.dot(self.soft, encode(number)) / (np.linalg.norm(self.soft) + 1e-9))


class _Match(NamedTuple):
    """How well the tile fits a spectrum, and where it begins there."""

    sync: float
    top: int
    left: int
    spectrum: Spectrum


Views: TypeAlias = Callable[[float], Iterable[Spectrum]]
"""The spectra of a picture's parts, as if its longer side were a share of the canonical size."""


def detect(pixels: Pixels, secret: bytes, *, cropped: bool = True) -> Detection:
    """Return the best match of a secret's watermark in a picture, whether or not it is sure.

    The search for a crop takes most of the time; without `cropped` it is left out.
    """
    return search(lambda share: spectra(pixels, share), secret, cropped=cropped)


def search(views: Views, secret: bytes, *, cropped: bool = True) -> Detection:
    """Return the best match of a secret's watermark in views of a picture, like `detect`."""
    waves = carriers(secret)

    def at(share: float) -> _Match:
        return max((_match(waves, spectrum) for spectrum in views(share)), key=_sync)

    best, where = at(1.0), 1.0
    for share in SHARES[1:] if cropped else ():
        found = at(share)
        if found.sync > best.sync:
            best, where = found, share
        elif best.sync > CLEAR and share < where - 2 * STEP:
            break
    if best.sync > SURE - 2:
        best = max((best, at(where + STEP / 2), at(where - STEP / 2)), key=_sync)
    return Detection(best.sync, waves.soft(moved(best.spectrum, best.top, best.left)))


_sync: Final = attrgetter("sync")


def spectra(pixels: Pixels, share: float) -> Iterator[Spectrum]:
    """Yield the spectra of a picture's parts, as if its longer side were this share of the canonical size."""
    even = evened(*contrast(canonical(pixels, CANONICAL * share / max(Extent.of(pixels)))))
    return map(folded, _parts(even))


def _match(waves: Carriers, spectrum: Spectrum) -> _Match:
    fit = waves.places(spectrum)
    top, left = (int(at) for at in np.unravel_index(fit.argmax(), fit.shape))
    return _Match(float(fit[top, left]), top, left, spectrum)


def _parts(even: Plane) -> Iterator[Plane]:
    """Yield the whole picture, strips along its four edges, and its frame: new pixels lie there."""
    height, width = even.shape
    yield even
    for part in STRIPS:
        down, across = max(TILE, height // part), max(TILE, width // part)
        yield from (even[:, :across], even[:, -across:], even[:down], even[-down:])
    frame = even.copy()
    frame[down // 2 : -down // 2, across // 2 : -across // 2] = 0
    yield frame
