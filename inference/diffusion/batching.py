"""Batches of variants of one request: the batch index of each seed, and a cache of variants painted ahead."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from inference.canvas import Margins
from inference.diffusion.assemble import finish
from inference.diffusion.window import Window
from inference.engine import Pixels, Request
from inference.quality.gate import Problem

MOST: Final = 2**29  # bytes of cached paintings


@dataclass(frozen=True, eq=False)
class Painting:
    """The model's output for one seed, before it is composited with the canvas that it extends."""

    painted: Pixels
    canvas: Pixels
    margins: Margins
    window: Window
    register: bool
    seed: int

    def finished(self) -> Pixels:
        """Return the canvas with the painting composited around it."""
        return finish(self.painted, self.canvas, self.margins, self.window, register=self.register, seed=self.seed)


Found: TypeAlias = Painting | Problem
"""A painting, or the problem that the engine found in it."""


def seated(seed: int, beside: Sequence[int], batch: int) -> list[int]:
    """Return the seeds of one batch of `batch` images; unused places get copies of the requested seed.

    A seed has the same index in every batch, because sums may be rounded differently at another index. A sample's
    pixels depend on its index in the batch only, not on the other samples.
    """
    seats = {seed % batch: seed}
    for other in beside:
        seats.setdefault(other % batch, other)
    return [seats.get(place, seed) for place in range(batch)]


def start_of(request: Request) -> str:
    """Return a key of everything in a request except its seed, so that all variants of a request share it."""
    photo = hashlib.sha256(np.ascontiguousarray(request.photo).data).hexdigest()
    return f"{photo} {request.photo.shape} {request.margins} {request.style} {request.judged} {request.prompt}"


class Kept:
    """A cache of variants painted ahead in another variant's batch. The oldest are dropped beyond `most` bytes."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._found = most, dict[tuple[str, int], Found]()

    def __contains__(self, key: tuple[str, int]) -> bool:
        return key in self._found

    def __len__(self) -> int:
        return len(self._found)

    def take(self, start: str, seed: int, beside: Sequence[int]) -> Found | None:
        """Remove and return the result of a seed.

        Of the same start, only the results of the seeds `beside` are kept.
        """
        found = self._found.pop((start, seed), None)
        for key in [key for key in self._found if key[0] == start and key[1] not in beside]:
            del self._found[key]
        return found

    def put(self, start: str, found: Mapping[int, Found]) -> None:
        """Store results by seed, and drop the oldest ones beyond the limit."""
        self._found |= {(start, seed): one for seed, one in found.items()}
        while sum(map(_size, self._found.values())) > self._most:
            del self._found[next(iter(self._found))]

    def clear(self) -> None:
        self._found.clear()


def _size(found: Found) -> int:
    """Return the size in bytes. A canvas counts once for each painting that extends it."""
    return found.painted.nbytes + found.canvas.nbytes if isinstance(found, Painting) else 0
