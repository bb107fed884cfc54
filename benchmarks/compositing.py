"""Putting the photo back into a generated canvas of 12 MP, against one Lanczos resize of that canvas in the same run.

`python -m benchmarks.compositing [PHOTO]`. The photo stands for the whole scene: its middle is kept, and what an engine
would have painted is the scene itself with other colours, a drifting cast, blur and noise. Seams are measured by
`inference/seam.py`, beside those of the scene, which has none. Times are those of one core.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import process_time

import cv2
import numpy as np

from inference.canvas import Margins
from inference.compositing import compose
from inference.engine import Pixels
from inference.photo import decode
from inference.seam import seams

SAMPLE = Path(__file__).parents[1] / "bot" / "playground" / "samples" / "picos-12mp.jpg"
ROUNDS = 5
FEATHER = 16  # px

Way = Callable[[Pixels, Pixels, Margins], Pixels]


def main() -> None:
    cv2.setNumThreads(1)
    scene = decode(Path(sys.argv[1] if len(sys.argv) > 1 else SAMPLE).read_bytes())
    height, width = scene.shape[:2]
    margins = Margins(width // 6, height // 6, width // 6, height // 6)
    photo = _kept(scene, margins).copy()
    painted = {"in place": repainted(scene), "shifted": repainted(moved(scene))}
    resize = seconds(lambda: cv2.resize(photo, (width, height), interpolation=cv2.INTER_LANCZOS4))
    print(f"canvas {width}x{height}, photo {photo.shape[1]}x{photo.shape[0]}")
    print(f"one cv2.resize (Lanczos) of that canvas: {resize * 1e3:.0f} ms")
    row("", "", "ms", "resizes", "gradient", "step", "photo changed")
    row("the scene itself", "", "", "", *_seam(scene, margins), "0 %")
    for place, generated in painted.items():
        for name, way in WAYS.items():
            taken = seconds(lambda way=way, generated=generated: way(generated, photo, margins))  # type: ignore[misc]
            canvas = way(generated, photo, margins)
            changed = (_kept(canvas, margins) != photo).any(2).mean()
            times = f"{taken * 1e3:.0f}", f"{taken / resize:.2f}"
            row(name, place, *times, *_seam(canvas, margins), f"{changed:.1%}")


def hard_paste(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    canvas = generated.copy()
    _kept(canvas, margins)[:] = photo
    return canvas


def feathered_paste(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    """As many tools do it: a ramp inside the photo, which mixes its pixels with generated ones."""
    canvas = generated.copy()
    inside = cv2.copyMakeBorder(np.ones(photo.shape[:2], np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 3)[1:-1, 1:-1]
    weight = np.minimum(distance / FEATHER, 1)[..., None]
    kept = _kept(canvas, margins)
    kept[:] = np.rint(kept + (photo - kept.astype(np.float32)) * weight)
    return canvas


WAYS: dict[str, Way] = {
    "hard paste": hard_paste,
    f"feathered, {FEATHER} px": feathered_paste,
    "composed": compose,
    "registered, composed": partial(compose, register=True),
}


def repainted(scene: Pixels) -> Pixels:
    random = np.random.default_rng(1)
    drift = cv2.resize(
        random.normal(0, 5, (3, 4, 3)).astype(np.float32), scene.shape[1::-1], interpolation=cv2.INTER_CUBIC
    )
    noise = random.normal(0, 2.5, scene.shape).astype(np.float32)
    blurred = cv2.GaussianBlur(scene, (0, 0), 1).astype(np.float32)
    gains, offsets = np.array([1.07, 0.95, 0.98], np.float32), np.array([12, -9, 4], np.float32)
    repainted = blurred * gains + offsets + np.asarray(drift, np.float32) + noise
    return np.asarray(np.rint(repainted).clip(0, 255), np.uint8)


def moved(scene: Pixels, right: float = 5.3, down: float = -3.7) -> Pixels:
    matrix = np.array([[1, 0, right], [0, 1, down]])
    return np.asarray(cv2.warpAffine(scene, matrix, scene.shape[1::-1], borderMode=cv2.BORDER_REFLECT), np.uint8)


def seconds(work: Callable[[], object]) -> float:
    """Of one core, the best of some rounds: what the work takes when nobody disturbs it."""
    return min(_timed(work) for _ in range(ROUNDS))


def row(*cells: str) -> None:
    name, place, *figures = cells
    print(f"{name:22}{place:10}" + "".join(f"{figure:>14}" for figure in figures))


def _timed(work: Callable[[], object]) -> float:
    start = process_time()
    work()
    return process_time() - start


def _seam(canvas: Pixels, margins: Margins) -> tuple[str, str]:
    found = seams(canvas, margins)
    return f"{np.mean([seam.gradient for seam in found]):.2f}", f"{np.mean([seam.step for seam in found]):.2f}"


def _kept(canvas: Pixels, margins: Margins) -> Pixels:
    height, width = canvas.shape[:2]
    return canvas[margins.top : height - margins.bottom, margins.left : width - margins.right]


if __name__ == "__main__":
    main()
