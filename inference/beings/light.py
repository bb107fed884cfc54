"""Estimates the light of a photo and applies it to sprites from other photos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.beings.sprite import SOLID, Floats, Sprite
from inference.engine import Pixels

SIDE: Final = 96  # px; side of the photo's copy that is measured
APART: Final = 26.0  # least difference of lightness (L* of 255) between a sprite and its background
LAMPS: Final = 0.7  # how bright things are in the dark, as a share of the lamps or letters that shine there
MOST: Final = 34.0  # largest change of a sprite's lightness to achieve it


@dataclass(frozen=True, eq=False)
class Light:
    """The lightness of bright and dark parts, the colour cast and the colourfulness, in OpenCV's 8-bit Lab."""

    bright: float
    dark: float
    cast: Floats  # mean a and b, 0 for grey
    colourful: float  # 0.5 to 1

    @classmethod
    def of(cls, photo: Pixels) -> Light:
        """Measure the light of a photo."""
        small = cv2.resize(photo, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float32)
        return cls(
            max(float(np.percentile(lab[:, 0], 88)), LAMPS * float(np.percentile(lab[:, 0], 97))),
            float(np.percentile(lab[:, 0], 3)),
            lab[:, 1:].mean(axis=0) - 128,
            float(np.clip(lab[:, 1:].std(axis=0).mean() / 12, 0.5, 1)),
        )

    def on(self, sprite: Sprite) -> Sprite:
        """Return a sprite under this light."""
        lab, solid = _lab(sprite), sprite[..., 3] > SOLID
        if not solid.any():
            return sprite
        table = _levels()
        table[:, 0] *= np.clip(self.bright / max(1.0, _percentile(lab[..., 0][solid], 88)), 0.3, 1.08)
        floor = 0.6 * self.dark
        table[:, 0] = floor + table[:, 0] * (1 - floor / 255)
        table[:, 1:] = 128 + (table[:, 1:] - 128 + 0.45 * self.cast) * (0.4 + 0.6 * self.colourful)
        return _rgba(lab, table, sprite)


def set_off(sprite: Sprite, ground: Pixels) -> Sprite:
    """Return a sprite that is lighter or darker where its lightness is too close to its background's."""
    solid = sprite[..., 3] > SOLID
    if not solid.any() or not ground.size:
        return sprite
    lab = _lab(sprite)
    behind = float(np.median(cv2.cvtColor(np.ascontiguousarray(ground), cv2.COLOR_RGB2LAB)[..., 0]))
    own = float(np.median(lab[..., 0][solid]))
    missing = APART - abs(own - behind)
    if missing <= 0:
        return sprite
    lighter = own >= behind if 60 < behind < 200 else behind <= 60
    table = _levels()
    table[:, 0] += (1 if lighter else -1) * min(MOST, missing + APART / 4)
    return _rgba(lab, table, sprite)


def hazy(sprite: Sprite, air: Floats, share: float) -> Sprite:
    """Return a sprite blended with the colour `air` by `share`, 0 to 1, as if seen through haze."""
    seen = np.rint(_levels().astype(np.float64) * (1 - share) + air * share)
    return _rgba(np.ascontiguousarray(sprite[..., :3]), seen, sprite, lab=False)


def _levels() -> Floats:
    """Return the table of the 256 values of each channel, (256, 3), that changes nothing."""
    return np.repeat(np.arange(256, dtype=np.float32)[:, None], 3, axis=1)


def _percentile(values: NDArray[np.uint8], share: float) -> float:
    return float(np.percentile(values.astype(np.float32), share))


def _lab(sprite: Sprite) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(sprite[..., :3]), cv2.COLOR_RGB2LAB), np.uint8)


def _rgba(channels: NDArray[np.uint8], table: NDArray[np.floating[Any]], sprite: Sprite, lab: bool = True) -> Sprite:
    """Return a sprite of three channels, whose values a table maps, and of the alpha of another sprite."""
    mapped = cv2.LUT(channels, np.clip(table, 0, 255).astype(np.uint8)[None])
    colours = cv2.cvtColor(mapped, cv2.COLOR_LAB2RGB) if lab else mapped
    return np.asarray(cv2.merge([*cv2.split(colours), np.ascontiguousarray(sprite[..., 3])]), np.uint8)
