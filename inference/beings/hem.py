"""Continues a subject that the lower frame cuts with a hem and legs."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.random import Generator

from inference.beings.being import ENLARGED, hips, under_load
from inference.beings.director import Hem, Script
from inference.beings.shadow import cast_shadow
from inference.beings.sprite import Sprite, lay, resized, shaded
from inference.canvas import Box, Margins
from inference.engine import Pixels
from inference.subject.removal import alpha_at, cap
from inference.subject.subject import Subject

DEPTH: Final = {Hem.SHORT: 0.28, Hem.LONG: 0.62}  # depth of a hem as a share of the margin below
STOUT: Final = (1.0, 1.7)  # range of the legs' horizontal stretch below a wide subject
MOST: Final = 6  # maximum number of pairs


def grow_legs(
    canvas: Pixels, photo: Pixels, subject: Subject, margins: Margins, legs: Sprite, script: Script, random: Generator
) -> Box:
    """Paint a hem and legs in place, and return the box that they occupy."""
    height, width = photo.shape[:2]
    alpha = alpha_at(subject, width, height)
    run = np.flatnonzero(alpha[-1] > 127)
    if not run.size:  # at this size, the subject ends above the frame
        return Box(0, 0, 0, 0)
    first, span = int(run[0]), int(run[-1] - run[0]) + 1
    depth = int(np.clip(DEPTH[script.hem] * margins.bottom, 4, (0.35 if script.hem is Hem.SHORT else 1.2) * span))
    pair = _sized(legs, margins.bottom, depth, span)
    middle, hip = hips(pair)
    pairs = int(np.clip(script.pairs or round(0.9 * span / (hip * random.choice((1.15, 1.5)))), 1, MOST))
    top = margins.top + height + depth - int(0.45 * depth)
    starts = [
        int(margins.left + first + span / 2 + (nth - (pairs - 1) / 2) * span * 0.86 / pairs - middle)
        for nth in range(pairs)
    ]
    for left in starts:
        cast_shadow(pair, canvas, left, top)
    for left in starts:
        lay(pair, canvas, left, top)
    strip = max(8, height // 8) if script.hem is Hem.LONG else None
    cap(canvas, photo, alpha, (margins.left, margins.top), depth=depth, strip=strip)
    return Box(margins.left + first - hip, margins.top + height, margins.left + first + span + hip, canvas.shape[0])


def _sized(legs: Sprite, room: int, depth: int, span: int) -> Sprite:
    """Return the legs, as tall as the room below the hem allows and stretched to suit the subject's width."""
    scale = min(ENLARGED, (0.97 * room - 0.55 * depth) / legs.shape[0])
    hip = hips(legs)[1] * scale
    stout = float(np.clip(0.5 * span / hip, *STOUT))
    pair = resized(legs, scale * stout, scale)
    return shaded(pair, under_load(pair.shape[0]))
