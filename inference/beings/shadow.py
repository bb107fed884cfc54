"""Paints the shadows of a standing sprite: a dark contact shadow at its feet, and a soft flat shadow of the whole."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from inference.beings.sprite import COLOURS, Floats, Sprite, as_bytes
from inference.engine import Pixels

DARK: Final = 0.5  # share of the light that the darkest shadow removes
FLAT: Final = 0.12  # height of the cast shadow as a share of the sprite's
FAINT: Final = 0.45  # darkness of the cast shadow as a share of the contact shadow's
AHEAD: Final = 0.75  # share of the cast shadow that lies behind the feet
SLANT: Final = 0.05  # shift of the cast shadow as a share of the sprite's width


def cast_shadow(sprite: Sprite, canvas: Pixels, left: int, top: int) -> None:
    """Darken a canvas in place where the sprite's shadow falls. It must be called before the sprite is laid there."""
    shadow, down, across = _shadow(sprite)
    left, top = left - across, top + sprite.shape[0] - down
    height, width = canvas.shape[:2]
    box = max(0, left), max(0, top), min(width, left + shadow.shape[1]), min(height, top + shadow.shape[0])
    if box[2] <= box[0] or box[3] <= box[1]:
        return
    part = canvas[box[1] : box[3], box[0] : box[2]]
    dark = shadow[box[1] - top : box[3] - top, box[0] - left : box[2] - left]
    light = 1 - DARK * np.clip(dark, 0, 1)
    for k in COLOURS:
        part[..., k] = as_bytes(part[..., k] * light)


def reach(height: int) -> int:
    """Return how many pixels beyond its box, on any side, a sprite of this height may cast its shadow."""
    return _pad(height) + int(0.05 * height) + 2


def _pad(height: int) -> int:
    return int(0.12 * height) + 8


def _shadow(sprite: Sprite) -> tuple[Floats, int, int]:
    """Return a map of darkness, the row of the feet in it, and the column at which the sprite begins."""
    height, width = sprite.shape[:2]
    alpha = sprite[..., 3].astype(np.float32) / 255
    pad, thick = _pad(height), max(2, int(height * 0.022))
    flat = cv2.resize(alpha, (width, max(2, int(height * FLAT))), interpolation=cv2.INTER_AREA)
    cast = np.zeros((len(flat) + 2 * pad, width + 2 * pad), np.float32)
    contact = np.zeros_like(cast)
    feet, slant = pad + int(len(flat) * AHEAD), pad + int(width * SLANT)
    cast[pad : pad + len(flat), slant : slant + width] = flat * FAINT
    contact[feet - thick - 1 : feet + thick - 1, pad : pad + width] = alpha[int(height * 0.93) :].max(axis=0)
    soft = cv2.GaussianBlur(cast, (0, 0), max(1.0, height * 0.02))
    sharp = cv2.GaussianBlur(contact, (0, 0), max(1.0, height * 0.01))
    return np.maximum(soft, sharp), feet, pad
