"""Where the camera of a film is: rectangles on the last canvas of a chain, one pair a frame. Pure geometry.

What is seen (`shown`) grows from the first photo to the last canvas; what is looked at (`view`) has the film's shape
and contains it. Growth is exponential within a step, so that the zoom looks even; it starts and ends softly, and
corners between steps are rounded off by a moving average, which keeps rectangles nested because it is linear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent, Margins

FPS: Final = 25
BEFORE, AFTER = 0.6, 1.0  # seconds that the first photo and the last canvas are held
EASING: Final = 0.25  # of the way's time, at each end, while the speed rises or falls
ROUNDING: Final = 9  # frames over which the corners between steps are rounded off
LONGEST_SIDE: Final = 720  # px
WIDEST: Final = 2.0  # width over height, or height over width, of a film; beyond, it has bars

Rects = NDArray[np.float64]
"""(n, 4): left, top, right, bottom in pixels of the last canvas."""


@dataclass(frozen=True, eq=False)
class Shots:
    """What each frame looks at and shows, and the frame's size, which is even as video asks."""

    view: Rects
    shown: Rects
    frame: Extent


def zoom(canvas: Extent, steps: Sequence[Margins]) -> Shots:
    """From the first photo outwards: `steps` are the margins of the expansions, first to last."""
    frame = frame_of(canvas)
    boxes = nested(canvas, steps)
    way = _eased(min(1.5 + 0.7 * len(steps), 4.4), _lengths(boxes))
    shown, view = (_rounded(_held(_between(keys, way))) for keys in (boxes, _views(boxes, frame)))
    return Shots(view, shown, frame)


def reveal(canvas: Extent, margins: Margins) -> Shots:
    """The photo, then what is around it, then the photo again: a loop without a cut. The camera stands still."""
    frame = frame_of(canvas)
    boxes = nested(canvas, [margins])
    there = _held(_between(boxes, _eased(1.2, _lengths(boxes))))
    shown = np.concatenate([there, there[::-1]])
    return Shots(np.repeat(_views(boxes[-1:], frame), len(shown), axis=0), shown, frame)


def frame_of(canvas: Extent) -> Extent:
    """The size of a film: that of the canvas within LONGEST_SIDE and WIDEST, in even numbers."""
    width, height = canvas
    ratio = min(max(width / height, 1 / WIDEST), WIDEST)
    longest = min(LONGEST_SIDE, max(canvas))
    wide = longest if ratio >= 1 else longest * ratio
    return Extent(*(max(2, 2 * round(length / 2)) for length in (wide, wide / ratio)))


def nested(canvas: Extent, steps: Sequence[Margins]) -> Rects:
    """Where the first photo and each result lie on the last canvas. Raises ValueError when they do not fit into it."""
    box = np.array([0.0, 0.0, canvas.width, canvas.height])
    boxes = [box]
    for margins in reversed(steps):
        box = np.add(box, (margins.left, margins.top, -margins.right, -margins.bottom))
        boxes.append(box)
    if box[0] >= box[2] or box[1] >= box[3]:
        raise ValueError(f"{len(steps)} steps leave nothing of a canvas of {canvas.width}x{canvas.height}")
    return np.array(boxes[::-1])


def _views(boxes: Rects, frame: Extent) -> Rects:
    """For each box the smallest rectangle of the frame's shape that contains it, inside that of the next."""
    views = list[NDArray[np.float64]]()
    for box in boxes[::-1]:
        scale = max((box[2] - box[0]) / frame.width, (box[3] - box[1]) / frame.height)
        size = np.array(frame) * scale
        start = (box[:2] + box[2:] - size) / 2
        if views:
            start = start.clip(views[-1][:2], np.maximum(views[-1][:2], views[-1][2:] - size))
        views.append(np.concatenate([start, start + size]))
    return np.array(views[::-1])


def _lengths(boxes: Rects) -> NDArray[np.float64]:
    """How long each step is: the logarithm of the growth in area."""
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    return np.asarray(np.maximum(np.diff(np.log(width * height)), 0.05))


def _eased(seconds: float, lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """(frames,) positions from 0 to the number of steps; even in length but for the ends, where the speed is a sine."""
    time = np.linspace(0, 1, round(seconds * FPS) + 1)
    speed = np.sin(np.pi / 2 * np.minimum(1, np.minimum(time, 1 - time) / EASING)) ** 2
    done = np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) / 2)])
    reached = np.concatenate([[0.0], np.cumsum(lengths)])
    return np.asarray(np.interp(done / done[-1], reached / reached[-1], np.arange(len(reached))))


def _between(keys: Rects, way: NDArray[np.float64]) -> Rects:
    """Rectangles between keys: each grows exponentially, and its edges move in proportion."""
    step = np.minimum(way.astype(int), len(keys) - 2)
    start, end, part = keys[step], keys[step + 1], (way - step)[:, None]
    growth = np.max((end[:, 2:] - end[:, :2]) / (start[:, 2:] - start[:, :2]), axis=1, keepdims=True)
    done = np.where(growth > 1 + 1e-9, np.expm1(part * np.log(growth)) / np.maximum(growth - 1, 1e-9), part)
    return np.asarray(start + (end - start) * done)


def _rounded(rects: Rects) -> Rects:
    half = ROUNDING // 2
    padded = np.pad(rects, ((half, half), (0, 0)), mode="edge")
    return np.asarray(np.mean([padded[k : k + len(rects)] for k in range(ROUNDING)], axis=0))


def _held(rects: Rects) -> Rects:
    return np.pad(rects, ((round(BEFORE * FPS), round(AFTER * FPS)), (0, 0)), mode="edge")
