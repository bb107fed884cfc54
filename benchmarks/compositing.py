"""Measure how Kuotu and other tools blend a photo into a generated canvas of 12 MP, relative to one Lanczos resize.

`python -m benchmarks.compositing [PHOTO]`. The photo is the whole scene. Its middle is kept, and the generated image is
the scene with changed colours, a gradual cast, blur and noise. Seams are measured by `inference.quality.seam`, and
compared with the same place in the original scene. Then each step from a window of 1 MP to the canvas is timed. Times
are of one core; `resizes` is relative to one cv2.resize (Lanczos) of the canvas in the same run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import process_time

import cv2
import numpy as np

from benchmarks.peers import PEERS, Way, kept
from inference.blending.compositing import compose
from inference.blending.sharpness import sharpen_to
from inference.canvas import Extent, Margins
from inference.diffusion.window import plan
from inference.engine import Pixels
from inference.image.codec import decode
from inference.image.upscale import enlarge, softened
from inference.quality.seam import seams

SAMPLE = Path(__file__).parents[1] / "bot" / "playground" / "samples" / "picos-12mp.jpg"
ROUNDS = 5
BUDGET = 1024 * 1024  # px that a model generates


def main() -> None:
    """Print times and seams of all methods."""
    cv2.setNumThreads(1)
    scene = decode(Path(sys.argv[1] if len(sys.argv) > 1 else SAMPLE).read_bytes())
    height, width = scene.shape[:2]
    margins = Margins(width // 6, height // 6, width // 6, height // 6)
    photo = kept(scene, margins).copy()
    painted = {"in place": repainted(scene), "shifted": repainted(moved(scene))}
    resize, _ = timed(partial(cv2.resize, photo, (width, height), interpolation=cv2.INTER_LANCZOS4), ROUNDS)
    print(f"canvas {width}x{height}, photo {photo.shape[1]}x{photo.shape[0]}")
    print(f"one cv2.resize (Lanczos) of that canvas: {resize * 1e3:.0f} ms")
    row("", "", "ms", "resizes", "gradient", "step", "photo changed")
    row("the scene itself", "", "", "", *_seam(scene, margins), "0 %")
    for place, generated in painted.items():
        for name, way in (PEERS | OURS).items():
            taken, canvas = timed(partial(way, generated, photo, margins), ROUNDS if name in OURS else 1)
            changed = (kept(canvas, margins) != photo).any(2).mean()
            row(name, place, f"{taken * 1e3:.0f}", f"{taken / resize:.2f}", *_seam(canvas, margins), f"{changed:.1%}")
    windows(scene, photo, margins, resize)


def windows(scene: Pixels, photo: Pixels, margins: Margins, resize: float) -> None:
    """Print times and seams from a generated window of the model's size to the canvas."""
    extent = Extent.of(photo)
    window = plan(extent, margins, BUDGET, 64)
    size = Extent.of(scene)
    for place, whole in (("in place", scene), ("shifted", moved(scene))):
        painted = repainted(np.asarray(cv2.resize(whole, window.work, interpolation=cv2.INTER_AREA), np.uint8))
        large = np.asarray(cv2.resize(painted, size, interpolation=cv2.INTER_LANCZOS4), np.uint8)
        canvas = compose(large, photo, margins, register=place == "shifted")
        steps: dict[str, Callable[[], Pixels]] = {
            "enlarged by Lanczos": partial(cv2.resize, painted, size, interpolation=cv2.INTER_LANCZOS4),
            "composed": partial(compose, large, photo, margins, register=place == "shifted"),
            "sharpened, grain": partial(sharpen_to, canvas, margins, softened(Extent(*window.work), size), 0),
        }
        print(f"window {window.work.width}x{window.work.height} in, canvas out, {place}:")
        total = 0.0
        for name, step in steps.items():
            total += (taken := timed(step, ROUNDS)[0])
            row(name, "", f"{taken * 1e3:.0f}", f"{taken / resize:.2f}", "so far", f"{total / resize:.2f}")
        network = timed(partial(enlarge, painted, size), 1)[0]
        row("network for Lanczos", "", f"{network * 1e3:.0f}", f"{network / resize:.2f}")


OURS: dict[str, Way] = {"composed": compose, "registered, composed": partial(compose, register=True)}


def repainted(scene: Pixels) -> Pixels:
    """Return the scene as a model might generate it: other colours, a gradual cast, blur and noise."""
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
    """Return the scene shifted by a fraction of pixels, to the right and down."""
    matrix = np.array([[1, 0, right], [0, 1, down]])
    return np.asarray(cv2.warpAffine(scene, matrix, scene.shape[1::-1], borderMode=cv2.BORDER_REFLECT), np.uint8)


def timed(work: Callable[[], Pixels], rounds: int) -> tuple[float, Pixels]:
    """Return the seconds of one core, the best of some rounds, and the result of the work."""
    taken = []
    for _ in range(rounds):
        start = process_time()
        result = work()
        taken.append(process_time() - start)
    return min(taken), result


def row(*cells: str) -> None:
    """Print a row of a table."""
    name, place, *figures = cells
    print(f"{name:22}{place:10}" + "".join(f"{figure:>14}" for figure in figures))


def _seam(canvas: Pixels, margins: Margins) -> tuple[str, str]:
    found = seams(canvas, margins)
    return f"{np.mean([seam.gradient for seam in found]):.2f}", f"{np.mean([seam.step for seam in found]):.2f}"


if __name__ == "__main__":
    main()
