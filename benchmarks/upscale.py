"""Compare the x2 network with Lanczos, and measure sharpening of a part that was painted smaller than it is shown.

`python -m benchmarks.upscale [PHOTO …]`. The default is the sample photos that were not in the training set. Each is
scaled to 1024 px (Lanczos), halved by one of three filters, and enlarged again. PSNR is over all three channels,
without a border of 4 px. The interval is a paired bootstrap over photos, and over squares of 64 px within each.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.blending.sharpness import sharpen_to
from inference.canvas import Extent, Margins
from inference.engine import Pixels
from inference.image.codec import decode
from inference.image.upscale import enlarge, softened, upscale, upscale_expansion

SAMPLES = Path(__file__).parents[1] / "bot" / "playground" / "samples"
UNSEEN = ("astronaut", "chelsea", "coffee", "rocket", "picos-12mp", "wine")
SIDE, RIM, SQUARE, DRAWS = 1024, 4, 64, 2000
FILTERS = (Image.Resampling.LANCZOS, Image.Resampling.BICUBIC, Image.Resampling.BOX)
FACTORS = (1.5, 2.0, 3.0, 4.0)

Errors = NDArray[np.float64]


def main() -> None:
    """Print the PSNR of both methods, and the sharpness of parts painted smaller."""
    cv2.setNumThreads(1)
    paths = [Path(name) for name in sys.argv[1:]] or [SAMPLES / f"{name}.jpg" for name in UNSEEN]
    photos = {path.stem: _even(decode(path.read_bytes())) for path in paths}
    for way in FILTERS:
        _compare(photos, way)
    _finish(photos)


def _even(photo: Pixels) -> Image.Image:
    image = Image.fromarray(photo)
    factor = min(1.0, SIDE / max(image.size))
    width, height = (2 * round(length * factor / 2) for length in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _compare(photos: dict[str, Image.Image], way: Image.Resampling) -> None:
    print(
        f"halved by {way.name.lower()}, enlarged again, PSNR in dB: Lanczos, network, network that halves back exactly"
    )
    errors, seconds, size = list[tuple[Errors, Errors]](), 0.0, 0
    for name, true in photos.items():
        halved = true.resize((true.width // 2, true.height // 2), way)
        started = process_time()
        ours = upscale(np.asarray(halved))
        seconds, size = seconds + process_time() - started, size + halved.width * halved.height
        lanczos = np.asarray(halved.resize(true.size, Image.Resampling.LANCZOS))
        pictures = (lanczos, ours, upscale_expansion(np.asarray(halved)))
        squares = [_squares(picture, np.asarray(true)) for picture in pictures]
        errors.append((squares[0], squares[1]))
        print(f"  {name:12} " + " ".join(f"{_psnr(square):.2f}" for square in squares))
    low, high = _interval(errors)
    gain = float(np.mean([_psnr(ours) - _psnr(lanczos) for lanczos, ours in errors]))
    print(
        f"  gain {gain:+.2f} dB, 95 % interval {low:+.2f} to {high:+.2f}; {1e6 * seconds / size:.1f} s of a core per MP"
    )


def _squares(picture: Pixels, true: Pixels) -> Errors:
    """Return the mean squared error of each square."""
    error = ((picture.astype(np.float64) - true)[RIM:-RIM, RIM:-RIM] ** 2).mean(axis=2)
    height, width = (length // SQUARE for length in error.shape)
    cut = error[: height * SQUARE, : width * SQUARE].reshape(height, SQUARE, width, SQUARE)
    return np.asarray(cut.mean(axis=(1, 3)).ravel())


def _psnr(errors: Errors) -> float:
    return float(10 * np.log10(255**2 / errors.mean()))


def _interval(errors: list[tuple[Errors, Errors]]) -> tuple[float, float]:
    random, gains = np.random.default_rng(0), []
    for _ in range(DRAWS):
        drawn = []
        for photo in random.integers(len(errors), size=len(errors)):
            lanczos, ours = errors[photo]
            squares = random.integers(len(ours), size=len(ours))
            drawn.append(_psnr(ours[squares]) - _psnr(lanczos[squares]))
        gains.append(np.mean(drawn))
    low, high = np.percentile(gains, (2.5, 97.5))
    return float(low), float(high)


def _finish(photos: dict[str, Image.Image]) -> None:
    """Print the sharpness of an outer half painted smaller: its mean absolute Laplacian relative to the truth."""
    print("sharpness of a part painted smaller (median): resized by Lanczos, then sharpened, network first, both")
    for factor in FACTORS:
        rows = np.array([_sharpnesses(np.asarray(photo), factor) for photo in photos.values()])
        print(f"  x{factor:g} " + " ".join(f"{value:.2f}" for value in np.median(rows, axis=0)))


def _sharpnesses(true: Pixels, factor: float) -> list[float]:
    height, width = true.shape[:2]
    margins = Margins(width // 4, height // 4, width // 4, height // 4)
    new = margins.mask(Extent(width - 2 * margins.left, height - 2 * margins.top)) > 0
    size = (round(width / factor), round(height / factor))
    painted = np.asarray(cv2.resize(true, size, interpolation=cv2.INTER_AREA), np.uint8)
    plain = np.asarray(cv2.resize(painted, (width, height), interpolation=cv2.INTER_LANCZOS4), np.uint8)
    better = enlarge(painted, Extent(width, height))
    for picture in (plain, better):
        picture[~new] = true[~new]
    finished = (
        plain,
        sharpen_to(plain, margins, factor),
        better,
        sharpen_to(better, margins, softened(Extent(*size), Extent(width, height))),
    )
    return [_laplacian(picture, new) / _laplacian(true, new) for picture in finished]


def _laplacian(picture: Pixels, where: NDArray[np.bool_]) -> float:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.abs(cv2.Laplacian(grey, cv2.CV_32F))[where].mean())


if __name__ == "__main__":
    main()
