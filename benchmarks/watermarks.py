"""What a watermark survives, and how often a clean photo seems to carry one: the tables of docs/marks.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from inference.canvas import Box, Extent, Margins
from inference.engine import Pixels
from inference.image.codec import decode
from inference.marks.detection import SURE, detect, search, spectra
from inference.marks.watermark import watermark
from storage.gallery.ranking import wilson_lower, wilson_upper

SAMPLES = Path(__file__).parents[1] / "bot" / "playground" / "samples"
SECRET, NUMBER = b"a secret for benchmarks, no other", "0123456789abcdef"
RESULTS, MASTER, EVERY = 200, 1600, 10  # results, px of their longer side, and after how many the table is printed
TRIALS, KEYS = 10_000, 25  # trials in all at least, and wrong keys for each crop of a clean photo
NORMAL = 1.959964  # standard deviations of a 95 % interval
GROWN = ((0.25, 0, 0, 0), (0, 0.2, 0, 0), (0.12, 0.12, 0.12, 0.12), (0, 0, 0.2, 0.15))  # shares of the canvas

Outcome = tuple[bool, bool, int]
"""Whether a mark was found, whether its number was known, and how many of its bits were wrong."""


@dataclass
class Progress:
    """What was measured so far. With a path it is kept there, so that a later run goes on."""

    path: Path | None = None
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)  # by attack
    fits: dict[str, list[list[float]]] = field(default_factory=dict)  # by photo and crop, of each wrong key

    @classmethod
    def at(cls, path: Path | None) -> Progress:
        """Return what a file keeps, or nothing."""
        return cls(path, **json.loads(path.read_text())) if path is not None and path.exists() else cls(path)

    def keep(self) -> None:
        """Write the file anew, as a whole."""
        if self.path is not None:
            unfinished = self.path.with_suffix(".new")
            unfinished.write_text(json.dumps({name: part for name, part in asdict(self).items() if name != "path"}))
            unfinished.replace(self.path)


def attacks(progress: Progress, results: int = RESULTS) -> None:
    """Print for each attack how many marks are found, and how many bits of their numbers are wrong."""
    done = len(progress.outcomes.get("none", ()))
    for number in range(done, results):
        canvas, margins = _result(number)
        random = np.random.default_rng(number)
        for name, attack in ATTACKS.items():
            seen = detect(attack(canvas, margins, random), SECRET)
            wrong = (int(seen.number, 16) ^ int(NUMBER, 16)).bit_count()
            progress.outcomes.setdefault(name, []).append((seen.sure, seen.carries(NUMBER), wrong))
        progress.keep()
        if (number + 1) % EVERY == 0:
            _print_table(progress.outcomes)
    _print_table(progress.outcomes)


def _print_table(outcomes: dict[str, list[Outcome]]) -> None:
    print(f"\n| what was done ({len(outcomes['none'])} results) | found | number known | number read | wrong bits |")
    print("| --- | --- | --- | --- | --- |")
    for name, seen in outcomes.items():
        found, known, wrong = (np.array(column) for column in zip(*seen, strict=True))
        shares = found.mean(), known.mean(), (wrong == 0).mean(), wrong.mean() / 64
        print(f"| {name} | " + " | ".join(f"{share:.1%}" for share in shares) + " |", flush=True)


def false_alarms(progress: Progress, photos: Sequence[Path], trials: int = TRIALS) -> None:
    """Print how often clean photos seem to be marked, by trial and by photo."""
    crops = -(-trials // (KEYS * len(photos)))
    for crop in range(crops):
        for number, path in enumerate(photos):
            done = progress.fits.setdefault(path.stem, [])
            if len(done) == crop:
                done.append(_fits(path, np.random.default_rng((7, number, crop))))
                progress.keep()
                if number % EVERY == EVERY - 1:
                    _print_alarms(progress.fits)
    _print_alarms(progress.fits)


def _fits(path: Path, random: np.random.Generator) -> list[float]:
    """Return how well the marks of wrong keys fit one crop of a clean photo, in standard deviations."""
    crop = _crop(photo_in(path), random)
    views = cache(lambda share: tuple(spectra(crop, share)))
    return [round(search(views, random.bytes(32)).sync, 4) for _ in range(KEYS)]


def _print_alarms(fits: dict[str, list[list[float]]]) -> None:
    by_photo = {name: [fit for crop in crops for fit in crop] for name, crops in fits.items() if crops}
    trials = np.sort([fit for photo in by_photo.values() for fit in photo])
    print(f"\n| false alarms at {SURE:g} standard deviations | of | 95 % interval |\n| --- | --- | --- |")
    concerned = sum(max(photo) >= SURE for photo in by_photo.values())
    for what, seen, of in (("trials", int((trials >= SURE).sum()), len(trials)), ("photos", concerned, len(by_photo))):
        bounds = wilson_lower(seen, of, NORMAL), wilson_upper(seen, of, NORMAL)
        print(f"| {what}: {seen} | {of} | {bounds[0]:.2%} to {bounds[1]:.2%} |")
    spread = f"mean {trials.mean():.2f}, standard deviation {trials.std():.2f}"
    print(
        f"fits: {spread}, highest 1 % from {trials[-(-99 * len(trials) // 100) - 1]:.2f}, best {trials[-1]:.2f}",
        flush=True,
    )


def _jpeg(pixels: Pixels, quality: int) -> Pixels:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _scaled(pixels: Pixels, longest: int) -> Pixels:
    size = Extent.of(pixels) * (longest / max(Extent.of(pixels)))
    method = cv2.INTER_AREA if longest < max(Extent.of(pixels)) else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=method), np.uint8)


def _cropped(pixels: Pixels, margins: Margins, random: np.random.Generator) -> Pixels:
    """Cut a tenth off one side, so that at least 15 % of what is left are new pixels."""
    width, height = Extent.of(pixels)
    photo = margins.inner(Extent(width, height))
    across, down = width // 10, height // 10
    cuts = (
        Box(across, 0, width, height),
        Box(0, down, width, height),
        Box(0, 0, width - across, height),
        Box(0, 0, width, height - down),
    )
    left = [cut for cut in cuts if 1 - (photo & cut).extent.area / cut.extent.area >= 0.15]
    return np.ascontiguousarray(pixels[left[random.integers(len(left))].slices])


Attack = Callable[[Pixels, Margins, np.random.Generator], Pixels]
ATTACKS: dict[str, Attack] = {
    "none": lambda pixels, _m, _r: pixels,
    "JPEG 95": lambda pixels, _m, _r: _jpeg(pixels, 95),
    "JPEG 80": lambda pixels, _m, _r: _jpeg(pixels, 80),
    "1280 px, JPEG 80": lambda pixels, _m, _r: _jpeg(_scaled(pixels, 1280), 80),
    "2560 px, JPEG 80": lambda pixels, _m, _r: _jpeg(_scaled(pixels, 2560), 80),
    "2560 px, JPEG 87, then 1280 px, JPEG 80": lambda p, _m, _r: _jpeg(_scaled(_jpeg(_scaled(p, 2560), 87), 1280), 80),
    "crop of 10 %, JPEG 85": lambda pixels, m, r: _jpeg(_cropped(pixels, m, r), 85),
    "crop of 10 %, 1280 px, JPEG 80": lambda pixels, m, r: _jpeg(_scaled(_cropped(pixels, m, r), 1280), 80),
}


def _result(number: int) -> tuple[Pixels, Margins]:
    """Return a marked picture. What counts as new are real pixels at the edges of photos."""
    random, photos = np.random.default_rng((1, number)), sorted(SAMPLES.glob("*.jpg"))
    canvas = _scaled(_crop(photo_in(photos[number % len(photos)]), random), MASTER)
    height, width = canvas.shape[:2]
    left, top, right, bottom = GROWN[int(random.integers(len(GROWN)))]
    margins = Margins(int(width * left), int(height * top), int(width * right), int(height * bottom))
    assert watermark(canvas, margins, NUMBER, SECRET)
    return canvas, margins


def _crop(photo: Pixels, random: np.random.Generator) -> Pixels:
    """Return a random half to nine tenths of a photo, at most as large as a chat shows it."""
    height, width = photo.shape[:2]
    share = random.uniform(0.7, 0.95)
    rows, columns = int(height * share), int(width * share)
    top, left = random.integers(height - rows + 1), random.integers(width - columns + 1)
    crop = np.ascontiguousarray(photo[top : top + rows, left : left + columns])
    return _scaled(crop, 1280) if max(crop.shape) > 1280 else crop


def photo_in(path: Path) -> Pixels:
    """Return the pixels of a photo in a file."""
    return decode(path.read_bytes())
