"""Variants of one start in one call: the seat of each, and what was painted for those who have yet to ask."""

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

MOST: Final = 2**29  # bytes


@dataclass(frozen=True, eq=False)
class Painting:
    """What a model painted for one seed, not yet laid around the canvas that it continues."""

    painted: Pixels
    canvas: Pixels
    margins: Margins
    window: Window
    register: bool
    seed: int

    def finished(self) -> Pixels:
        return finish(self.painted, self.canvas, self.margins, self.window, register=self.register, seed=self.seed)


Found: TypeAlias = Painting | Problem
"""A painting, or what is wrong with it."""


def seated(seed: int, beside: Sequence[int], batch: int) -> list[int]:
    """The seeds of one call of `batch` pictures; free seats get copies of the one that is asked for.

    A seed sits in the same seat of every call, because sums may be rounded otherwise in another one. Who sits in the
    others changes nothing.
    """
    seats = {seed % batch: seed}
    for other in beside:
        seats.setdefault(other % batch, other)
    return [seats.get(place, seed) for place in range(batch)]


def start_of(request: Request) -> str:
    """The same for all variants of one start: everything in a request but its seed."""
    photo = hashlib.sha256(np.ascontiguousarray(request.photo).data).hexdigest()
    return f"{photo} {request.photo.shape} {request.margins} {request.style} {request.judged} {request.prompt}"


class Kept:
    """What was painted in the call of another variant, until it is asked for; the oldest goes beyond `most` bytes."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._found = most, dict[tuple[str, int], Found]()

    def __contains__(self, key: tuple[str, int]) -> bool:
        return key in self._found

    def __len__(self) -> int:
        return len(self._found)

    def take(self, start: str, seed: int, beside: Sequence[int]) -> Found | None:
        """What was painted for a seed; of its start, only what is still waited for stays."""
        found = self._found.pop((start, seed), None)
        for key in [key for key in self._found if key[0] == start and key[1] not in beside]:
            del self._found[key]
        return found

    def put(self, start: str, found: Mapping[int, Found]) -> None:
        self._found |= {(start, seed): one for seed, one in found.items()}
        while sum(map(_size, self._found.values())) > self._most:
            del self._found[next(iter(self._found))]

    def clear(self) -> None:
        self._found.clear()


def _size(found: Found) -> int:
    """In bytes; a canvas counts for each painting that continues it."""
    return found.painted.nbytes + found.canvas.nbytes if isinstance(found, Painting) else 0
