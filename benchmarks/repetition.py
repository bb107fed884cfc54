"""Measure how often a subject painted twice is noticed, on copies pasted beside photos, and how often it is imagined.

python benchmarks/repetition.py [PHOTO …]        the sample photos by default; about 8 s per photo
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from inference.canvas import Extent, Margins
from inference.engine import EngineName, Pixels, Request, Style, ignore
from inference.growth import Direction, scaled
from inference.image.codec import decode
from inference.quality.repetition import repeated
from inference.registry import open_engine
from inference.subject.memory import Subjects

SAMPLES = Path(__file__).parents[1] / "bot" / "playground" / "samples"
SIDE = 720
RANDOM = np.random.default_rng(0)
CROPS = 6  # of each photo, whose own continuation is the new part
LAYOUTS = ((Direction.ALL, 1.5), (Direction.HORIZONTAL, 2.0), (Direction.VERTICAL, 2.0))


def main() -> None:
    """Print the share of copies that are found, by how they differ from the subject, and the false alarms."""
    found, alarms, seconds = dict[str, list[bool]](), dict[str, list[bool]](), list[float]()
    for path in [Path(name) for name in sys.argv[1:]] or sorted(SAMPLES.glob("*.jpg")):
        photo, subjects = _at_side(decode(path.read_bytes())), Subjects()
        for kind, canvas, margins, true in [*_copies(photo, subjects), *_continuations(photo), *_expansions(photo)]:
            inner = canvas[margins.box(_inner(canvas, margins)).slices]
            subject = subjects.of(np.ascontiguousarray(inner))
            if subject is None:
                continue
            started = time.process_time()
            answer = repeated(canvas, margins, subject) > 0
            seconds.append(time.process_time() - started)
            (found if true else alarms).setdefault(kind, []).append(answer)
            if answer and not true:
                print(f"  imagined in {path.stem}: {kind}")
    for title, table in (("found", found), ("imagined", alarms)):
        for kind, answers in table.items():
            print(f"{title:9} {kind:34} {sum(answers):3} of {len(answers):3}")
        every = [answer for answers in table.values() for answer in answers]
        print(f"{title:9} {'in all':34} {sum(every):3} of {len(every):3}, {np.mean(every):.1%}")
    print(f"median {np.median(seconds):.2f} s of CPU")


def _at_side(photo: Pixels) -> Pixels:
    factor = SIDE / max(photo.shape)
    return np.asarray(cv2.resize(photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


def _inner(canvas: Pixels, margins: Margins) -> Extent:
    height, width = canvas.shape[:2]
    return Extent(width - margins.left - margins.right, height - margins.top - margins.bottom)


def _copies(photo: Pixels, subjects: Subjects) -> Iterator[tuple[str, Pixels, Margins, bool]]:
    """Yield canvases with the subject pasted beside the photo, each changed in another way."""
    subject = subjects.of(photo)
    if subject is None:
        return
    cutout = subject.cutout
    for kind, changed in _changed(cutout):
        tall, wide = changed.shape[:2]
        side = wide + 40
        margins = Margins(side, max(0, tall - photo.shape[0]), 0, 0)
        canvas = _plain(photo, margins)
        top = RANDOM.integers(0, canvas.shape[0] - tall + 1)
        alpha = changed[..., 3:] / 255
        place = canvas[top : top + tall, 20 : 20 + wide]
        place[:] = np.rint(changed[..., :3] * alpha + place * (1 - alpha))
        yield kind, canvas, margins, True


def _plain(photo: Pixels, margins: Margins) -> Pixels:
    """Return the canvas whose new part is the photo's corner, blurred: a ground without features."""
    around = cv2.copyMakeBorder(photo, margins.top, margins.bottom, margins.left, margins.right, cv2.BORDER_REPLICATE)
    soft = np.asarray(cv2.GaussianBlur(around, (0, 0), 12), np.uint8)
    soft[margins.box(Extent.of(photo)).slices] = photo
    return soft


def _changed(cutout: Pixels) -> Iterator[tuple[str, Pixels]]:
    """Yield the cutout as a model might paint it again."""
    yield "as it is", cutout
    yield "mirrored", np.ascontiguousarray(cutout[:, ::-1])
    for size in (0.4, 0.6, 1.3):
        yield f"{size:g} times as large", _sized(cutout, size)
    yield "turned by 12 degrees", _turned(cutout, 12.0)
    yield "other light and colours", _toned(cutout)
    yield "soft and noisy", _soft(cutout)
    yield "seen from the side", _sheared(cutout)
    yield "mirrored, 0.7, turned, other light", _toned(_turned(_sized(cutout[:, ::-1], 0.7), -8.0))


def _sized(cutout: Pixels, size: float) -> Pixels:
    return np.asarray(cv2.resize(cutout, None, fx=size, fy=size, interpolation=cv2.INTER_AREA), np.uint8)


def _turned(cutout: Pixels, degrees: float) -> Pixels:
    height, width = cutout.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(np.ascontiguousarray(cutout), turn, (width, height)), np.uint8)


def _toned(cutout: Pixels) -> Pixels:
    colours = 255 * (cutout[..., :3] / 255.0) ** 1.3 * (1.1, 0.95, 0.8)
    return np.dstack([np.clip(colours, 0, 255).astype(np.uint8), cutout[..., 3]])


def _soft(cutout: Pixels) -> Pixels:
    soft = cv2.GaussianBlur(cutout[..., :3], (0, 0), 1.2) + RANDOM.normal(0, 6, cutout[..., :3].shape)
    return np.dstack([np.clip(soft, 0, 255).astype(np.uint8), cutout[..., 3]])


def _sheared(cutout: Pixels) -> Pixels:
    height, width = cutout.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = np.array([[0, 0], [width * 0.8, height * 0.08], [width * 0.8, height * 0.92], [0, height]], np.float32)
    view = cv2.getPerspectiveTransform(corners, seen)
    return np.asarray(cv2.warpPerspective(np.ascontiguousarray(cutout), view, (width, height)), np.uint8)


def _continuations(photo: Pixels) -> Iterator[tuple[str, Pixels, Margins, bool]]:
    """Yield photos as canvases around a part of themselves: true continuations, in which nothing is painted."""
    height, width = photo.shape[:2]
    for _ in range(CROPS):
        w, h = round(width * RANDOM.uniform(0.5, 0.75)), round(height * RANDOM.uniform(0.5, 0.75))
        left, top = int(RANDOM.integers(0, width - w + 1)), int(RANDOM.integers(0, height - h + 1))
        yield "a true continuation", photo, Margins(left, top, width - w - left, height - h - top), False


def _expansions(photo: Pixels) -> Iterator[tuple[str, Pixels, Margins, bool]]:
    """Yield faithful expansions by the engine without weights, which continues textures by copying them."""
    engine = open_engine(EngineName.PATCHMATCH)
    for number, (direction, scale) in enumerate(LAYOUTS):
        margins = scaled(Extent.of(photo), direction, scale)
        canvas = engine.expand(Request(photo, margins, Style.FAITHFUL, seed=number), ignore).pixels
        yield "expanded without weights", canvas, margins, False


if __name__ == "__main__":
    main()
