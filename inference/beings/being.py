"""A being: a cut-out on one or more pairs of legs, sometimes with a suitcase."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.random import Generator

from inference.beings.sprite import SOLID, Floats, Sprite, lay_on_sprite, mirrored, resized, rounded, shaded, trimmed
from inference.image.bands import Side

ENLARGED: Final = 1.5  # at most, of what comes from the bank
LARGEST: Final = 900  # px of a top's longer side: beings are seen at the edge of the picture
SHARE: Final = (0.65, 1.0)  # legs as a share of the top's size
OVERLAP: Final = 0.13  # of the legs' height lies behind the top
SHADE: Final = 0.28  # of the legs' height lies in the shadow of what they carry


def being(top: Sprite, legs: Sprite, random: Generator, luggage: Sprite | None = None) -> Sprite:
    """A sprite whose feet stand on its lower edge. `top` and `legs` come from above, `luggage` hangs beside them."""
    top = without_feet(resized(top, min(1.0, LARGEST / max(top.shape[:2]))))
    height, width = top.shape[:2]
    first, last = _base(top)
    carried = _carried(legs, top, last - first, random)
    tall, wide = carried.shape[:2]
    pairs = 1 if random.random() < 0.62 else int(np.clip((last - first) / (1.4 * hips(carried)[1]), 1, 4))
    pad = wide + int(0.6 * tall)
    whole = np.zeros((height + tall, width + 2 * pad, 4), np.float32)
    middle, at = pad + (first + last) // 2, height - int(OVERLAP * tall)
    for nth in range(pairs):
        across = middle + (nth - (pairs - 1) / 2) * (last - first) / pairs - hips(carried)[0]
        lay_on_sprite(carried, whole, int(across), at)
    lay_on_sprite(top, whole, pad, 0)
    if luggage is not None:
        _hang(luggage, whole, at + tall, tall, random)
    return trimmed(np.clip(np.rint(whole), 0, 255).astype(np.uint8))


def _carried(legs: Sprite, top: Sprite, base: int, random: Generator) -> Sprite:
    sized = carrying(legs, top, base, random)
    return shaded(sized, under_load(sized.shape[0]))


def carrying(legs: Sprite, top: Sprite, base: int, random: Generator) -> Sprite:
    """Legs of a size that suits what they carry: neither wider than its base nor lost under it."""
    height, width = top.shape[:2]
    size = float(np.sqrt(height * min(width, 1.6 * height)))
    scale = random.uniform(*SHARE) * size / legs.shape[0]
    widest, narrowest = 0.95 * base / hips(legs)[1], 0.36 * base / hips(legs)[1]
    scale = max(min(scale, widest), narrowest, 0.45 * size / legs.shape[0])
    return resized(mirrored(legs) if random.random() < 0.5 else legs, min(scale, ENLARGED))


def closed(cutout: Sprite, cut: frozenset[Side]) -> Sprite:
    """A cut-out whose edges are round where the frame of its photo cut it straight."""
    for side, turns in _TURNS.items():
        if side in cut:
            depth = 0.1 if side is Side.BOTTOM else 0.16
            cutout = np.ascontiguousarray(np.rot90(rounded(np.rot90(cutout, turns), depth), -turns))
    return cutout


_TURNS: Final = {Side.BOTTOM: 0, Side.LEFT: 1, Side.TOP: 2, Side.RIGHT: 3}  # quarter turns that bring a side down


def hips(legs: Sprite) -> tuple[int, int]:
    """The middle and the width of a pair of legs where they begin."""
    waist = np.flatnonzero((legs[: max(2, legs.shape[0] // 12), :, 3] > SOLID).any(axis=0))
    return (int(waist.mean()), waist.size) if waist.size else (legs.shape[1] // 2, legs.shape[1])


def without_feet(top: Sprite) -> Sprite:
    """Without the legs of its own or the twig it sits on: lower rows that cover little of its width."""
    solid = top[..., 3] > SOLID
    covered = np.convolve(solid.sum(axis=1), np.ones(5) / 5, "same")
    least, bottom = 0.5 * float(np.percentile(covered, 80)), len(top)
    while bottom > 0.6 * len(top) and covered[bottom - 1] < least:
        bottom -= 1
    return rounded(top[:bottom], 0.1) if bottom < 0.97 * len(top) else top


def _base(top: Sprite) -> tuple[int, int]:
    """The first and last column of what it stands on."""
    low = np.flatnonzero((top[int(len(top) * 0.84) :, :, 3] > SOLID).any(axis=0))
    return (int(low[0]), int(low[-1]) + 1) if low.size else (0, top.shape[1])


def under_load(height: int) -> Floats:
    fading = np.clip(1 - np.arange(height, dtype=np.float32) / (SHADE * height), 0, 1)
    return np.asarray((1 - 0.5 * fading)[:, None, None], np.float32)


def _hang(luggage: Sprite, whole: Floats, floor: int, tall: int, random: Generator) -> None:
    case = resized(luggage, min(ENLARGED, 0.5 * tall / luggage.shape[0]))
    seen = np.flatnonzero((whole[floor - tall // 2 : floor, :, 3] > SOLID).any(axis=0))
    right = random.random() < 0.5
    left = int(seen[-1] - 0.2 * case.shape[1]) if right else int(seen[0] - 0.8 * case.shape[1])
    lay_on_sprite(case, whole, int(np.clip(left, 0, whole.shape[1] - case.shape[1])), floor - case.shape[0])
