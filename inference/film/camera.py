"""The camera path of a film: one pair of rectangles on the last canvas of a chain per frame. Pure geometry.

The visible rectangle (`shown`) grows from the first photo to the last canvas. The camera's rectangle (`view`) has the
film's aspect ratio and contains `shown`. The growth is exponential within a step, so that the zoom looks even; it
starts and ends gently. A moving average smooths the change of direction between steps. It keeps the rectangles nested
because it is linear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent, Margins

FPS: Final = 25
BEFORE, AFTER = 0.6, 1.0  # seconds for which the first photo and the last canvas stand still
EASING: Final = 0.25  # fraction of the path's time at each end during which the speed rises or falls
ROUNDING: Final = 9  # length of the moving average, in frames
LONGEST_SIDE: Final = 720  # px
WIDEST: Final = 2.0  # the largest ratio of a film's longer side to its shorter side; a longer canvas gets bars

Rects = NDArray[np.float64]
"""(n, 4): left, top, right, bottom in pixels of the last canvas."""


@dataclass(frozen=True, eq=False)
class Shots:
    """The camera's and the visible rectangle of each frame, and the frame size, whose sides are even for H.264."""

    view: Rects
    shown: Rects
    frame: Extent


def zoom(canvas: Extent, steps: Sequence[Margins]) -> Shots:
    """Return the shots of a zoom out of the first photo. `steps` are the margins of the expansions, first to last."""
    frame = frame_of(canvas)
    boxes = nested(canvas, steps)
    way = _eased(min(1.5 + 0.7 * len(steps), 4.4), _lengths(boxes))
    shown, view = (_rounded(_held(_between(keys, way))) for keys in (boxes, _views(boxes, frame)))
    return Shots(view, shown, frame)


def reveal(canvas: Extent, margins: Margins) -> Shots:
    """Return the shots of a seamless loop: the photo, then the whole canvas, then the photo.

    The camera does not move.
    """
    frame = frame_of(canvas)
    boxes = nested(canvas, [margins])
    there = _held(_between(boxes, _eased(1.2, _lengths(boxes))))
    shown = np.concatenate([there, there[::-1]])
    return Shots(np.repeat(_views(boxes[-1:], frame), len(shown), axis=0), shown, frame)


def frame_of(canvas: Extent) -> Extent:
    """Return the size of a film: the canvas size limited by LONGEST_SIDE and WIDEST, with even sides."""
    width, height = canvas
    ratio = min(max(width / height, 1 / WIDEST), WIDEST)
    longest = min(LONGEST_SIDE, max(canvas))
    wide = longest if ratio >= 1 else longest * ratio
    return Extent(*(max(2, 2 * round(length / 2)) for length in (wide, wide / ratio)))


def nested(canvas: Extent, steps: Sequence[Margins]) -> Rects:
    """Return the rectangles of the first photo and of each result on the last canvas.

    Raises ValueError when they do not fit into it.
    """
    box = np.array([0.0, 0.0, canvas.width, canvas.height])
    boxes = [box]
    for margins in reversed(steps):
        box = np.add(box, (margins.left, margins.top, -margins.right, -margins.bottom))
        boxes.append(box)
    if box[0] >= box[2] or box[1] >= box[3]:
        raise ValueError(f"{len(steps)} steps leave nothing of a canvas of {canvas.width}x{canvas.height}")
    return np.array(boxes[::-1])


def _views(boxes: Rects, frame: Extent) -> Rects:
    """Return, for each box, the smallest rectangle of the frame's ratio around it, inside that of the next box."""
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
    """Return the length of each step, which is the logarithm of the growth in area."""
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    return np.asarray(np.maximum(np.diff(np.log(width * height)), 0.05))


def _eased(seconds: float, lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (frames,) positions from 0 to the number of steps.

    The speed along `lengths` is constant, except at both ends, where it follows a sine.
    """
    time = np.linspace(0, 1, round(seconds * FPS) + 1)
    speed = np.sin(np.pi / 2 * np.minimum(1, np.minimum(time, 1 - time) / EASING)) ** 2
    done = np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) / 2)])
    reached = np.concatenate([[0.0], np.cumsum(lengths)])
    return np.asarray(np.interp(done / done[-1], reached / reached[-1], np.arange(len(reached))))


def _between(keys: Rects, way: NDArray[np.float64]) -> Rects:
    """Interpolate rectangles between keys: the size grows exponentially, and the edges move in proportion to it."""
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
