"""Assembles a being: a cut-out on one or more pairs of legs, sometimes with a suitcase."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.random import Generator

from inference.beings.sprite import (
    SOLID,
    Floats,
    Sprite,
    as_bytes,
    lay_on_sprite,
    mirrored,
    resized,
    rounded,
    shaded,
    trimmed,
)
from inference.image.bands import Side

ENLARGED: Final = 1.5  # largest enlargement of a sprite from the bank
LARGEST: Final = 900  # px; longest side of a top, since beings are small parts of an image
SHARE: Final = (0.65, 1.0)  # range of the legs' size as a share of the top's
OVERLAP: Final = 0.13  # share of the legs' height that the top hides
SHADE: Final = 0.28  # share of the legs' height that is in the top's shadow


def being(top: Sprite, legs: Sprite, random: Generator, luggage: Sprite | None = None) -> Sprite:
    """Return a sprite whose feet are at its lower edge: `top` on `legs`, with `luggage` hanging beside them."""
    top = without_feet(resized(top, min(1.0, LARGEST / max(top.shape[:2]))))
    height, width = top.shape[:2]
    first, last = _base(top)
    carried = _carried(legs, top, last - first, random)
    tall, wide = carried.shape[:2]
    hip, across = hips(carried)
    pairs = 1 if random.random() < 0.62 else int(np.clip((last - first) / (1.4 * across), 1, 4))
    pad, at = wide + int(0.6 * tall), height - int(OVERLAP * tall)
    middle = pad + (first + last) // 2
    starts = [int(middle + (nth - (pairs - 1) / 2) * (last - first) / pairs - hip) for nth in range(pairs)]
    case = None if luggage is None else resized(luggage, min(ENLARGED, 0.5 * tall / luggage.shape[0]))
    aside = 0 if case is None else case.shape[1]
    begin = max(0, min(pad, *starts) - aside)
    end = min(width + 2 * pad, max(pad + width, starts[-1] + wide) + aside)
    whole = np.zeros((4, height + tall, end - begin), np.float32)
    for left in starts:
        lay_on_sprite(carried, whole, left - begin, at)
    lay_on_sprite(top, whole, pad - begin, 0)
    if case is not None:
        _hang(case, whole, at + tall, tall, random)
    return trimmed(np.asarray(cv2.merge([as_bytes(plane) for plane in whole]), np.uint8))


def _carried(legs: Sprite, top: Sprite, base: int, random: Generator) -> Sprite:
    sized = carrying(legs, top, base, random)
    return shaded(sized, under_load(sized.shape[0]))


def carrying(legs: Sprite, top: Sprite, base: int, random: Generator) -> Sprite:
    """Return the legs at a size that suits the top: not wider than its base and not too small for it."""
    height, width = top.shape[:2]
    size = float(np.sqrt(height * min(width, 1.6 * height)))
    scale = random.uniform(*SHARE) * size / legs.shape[0]
    widest, narrowest = 0.95 * base / hips(legs)[1], 0.36 * base / hips(legs)[1]
    scale = max(min(scale, widest), narrowest, 0.45 * size / legs.shape[0])
    return resized(mirrored(legs) if random.random() < 0.5 else legs, min(scale, ENLARGED))


def closed(cutout: Sprite, cut: frozenset[Side]) -> Sprite:
    """Round the edges of a cut-out where its photo's frame cut it straight."""
    for side in (Side.BOTTOM, Side.LEFT, Side.TOP, Side.RIGHT):
        if side in cut:
            depth = 0.1 if side is Side.BOTTOM else 0.16
            cutout = np.ascontiguousarray(np.rot90(rounded(np.rot90(cutout, side.turns), depth), -side.turns))
    return cutout


def hips(legs: Sprite) -> tuple[int, int]:
    """Return the centre and the width of a pair of legs at their upper end, in px."""
    waist = np.flatnonzero((legs[: max(2, legs.shape[0] // 12), :, 3] > SOLID).any(axis=0))
    return (int(waist.mean()), waist.size) if waist.size else (legs.shape[1] // 2, legs.shape[1])


def without_feet(top: Sprite) -> Sprite:
    """Remove the lower rows that cover little of the width, such as the guest's own legs or the twig it sits on."""
    solid = top[..., 3] > SOLID
    covered = np.convolve(solid.sum(axis=1), np.ones(5) / 5, "same")
    least, bottom = 0.5 * float(np.percentile(covered, 80)), len(top)
    while bottom > 0.6 * len(top) and covered[bottom - 1] < least:
        bottom -= 1
    return rounded(top[:bottom], 0.1) if bottom < 0.97 * len(top) else top


def _base(top: Sprite) -> tuple[int, int]:
    """Return the first column of the sprite's base, and the column after its last one."""
    low = np.flatnonzero((top[int(len(top) * 0.84) :, :, 3] > SOLID).any(axis=0))
    return (int(low[0]), int(low[-1]) + 1) if low.size else (0, top.shape[1])


def under_load(height: int) -> Floats:
    """Return the (height, 1, 1) brightness factors of the shadow that a top casts on its legs."""
    fading = np.clip(1 - np.arange(height, dtype=np.float32) / (SHADE * height), 0, 1)
    return np.asarray((1 - 0.5 * fading)[:, None, None], np.float32)


def _hang(case: Sprite, whole: Floats, floor: int, tall: int, random: Generator) -> None:
    seen = np.flatnonzero((whole[3, floor - tall // 2 : floor] > SOLID).any(axis=0))
    if not seen.size:  # the legs are so small that their lower half is a haze
        return
    right = random.random() < 0.5
    left = int(seen[-1] - 0.2 * case.shape[1]) if right else int(seen[0] - 0.8 * case.shape[1])
    lay_on_sprite(case, whole, int(np.clip(left, 0, whole.shape[2] - case.shape[1])), floor - case.shape[0])
