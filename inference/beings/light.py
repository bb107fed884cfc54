"""The light of a photo, and how it falls on what comes from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from inference.beings.sprite import SOLID, Floats, Sprite
from inference.engine import Pixels

SIDE: Final = 96  # px of the copy of the photo that is looked at
APART: Final = 26.0  # of 255 in L*: a thing whose lightness is nearer to its ground's is hard to see
MOST: Final = 34.0  # by which a thing may be made lighter or darker to stand out


@dataclass(frozen=True, eq=False)
class Light:
    """In OpenCV's 8-bit Lab: how light the bright parts and the dark parts are, the cast, and how colourful it is."""

    bright: float
    dark: float
    cast: Floats  # mean a and b, 0 for grey
    colourful: float  # 0.5 to 1

    @classmethod
    def of(cls, photo: Pixels) -> Light:
        small = cv2.resize(photo, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float32)
        return cls(
            float(np.percentile(lab[:, 0], 88)),
            float(np.percentile(lab[:, 0], 3)),
            lab[:, 1:].mean(axis=0) - 128,
            float(np.clip(lab[:, 1:].std(axis=0).mean() / 12, 0.5, 1)),
        )

    def on(self, sprite: Sprite) -> Sprite:
        """A sprite as this light would show it."""
        lab, solid = _lab(sprite), sprite[..., 3] > SOLID
        if not solid.any():
            return sprite
        lab[..., 0] *= np.clip(self.bright / max(1.0, float(np.percentile(lab[solid][:, 0], 88))), 0.3, 1.08)
        floor = 0.6 * self.dark
        lab[..., 0] = floor + lab[..., 0] * (1 - floor / 255)
        lab[..., 1:] = 128 + (lab[..., 1:] - 128 + 0.45 * self.cast) * (0.4 + 0.6 * self.colourful)
        return _rgba(lab, sprite)


def set_off(sprite: Sprite, ground: Pixels) -> Sprite:
    """A sprite made lighter or darker where it would drown in what lies behind it."""
    solid = sprite[..., 3] > SOLID
    if not solid.any() or not ground.size:
        return sprite
    lab = _lab(sprite)
    behind = float(np.median(cv2.cvtColor(np.ascontiguousarray(ground), cv2.COLOR_RGB2LAB)[..., 0]))
    own = float(np.median(lab[solid][:, 0]))
    missing = APART - abs(own - behind)
    if missing <= 0:
        return sprite
    lighter = own >= behind if 60 < behind < 200 else behind <= 60
    lab[..., 0] += (1 if lighter else -1) * min(MOST, missing + APART / 4)
    return _rgba(lab, sprite)


def hazy(sprite: Sprite, air: Floats, share: float) -> Sprite:
    """A sprite seen through so much air of that colour."""
    colours = sprite[..., :3] * (1 - share) + air * share
    return np.dstack([np.rint(colours).astype(np.uint8), sprite[..., 3]])


def _lab(sprite: Sprite) -> Floats:
    return cv2.cvtColor(np.ascontiguousarray(sprite[..., :3]), cv2.COLOR_RGB2LAB).astype(np.float32)


def _rgba(lab: Floats, sprite: Sprite) -> Sprite:
    colours = cv2.cvtColor(np.clip(lab, 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB)
    return np.dstack([colours, sprite[..., 3]])
