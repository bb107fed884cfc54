"""What marks cost, and what a watermark survives. `--table` measures the table of docs/marks.md, which takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import cv2
import numpy as np

from inference.canvas import Box, Extent, Margins
from inference.engine import Pixels, Request
from inference.image.codec import decode, encode_master
from inference.marks.carrier import carriers
from inference.marks.detection import SHARES, SURE, detect, spectra
from inference.marks.keyring import make
from inference.marks.labels import labelled
from inference.marks.manifest import sign
from inference.marks.marking import Marking, mark
from inference.marks.origin import Origin, Step
from inference.marks.watermark import watermark

SAMPLES = Path(__file__).parents[1] / "bot" / "playground" / "samples"
SECRET, NUMBER = b"a secret for benchmarks, no other", "0123456789abcdef"
RESULTS, MASTER, EVERY = 200, 1600, 10  # results, px of their longer side, and after how many the table is printed
CLEAN, KEYS = 40, 250  # crops of clean photos, and wrong keys for each: 10,000 trials
ROUNDS = 5
GROWN = ((0.25, 0, 0, 0), (0, 0.2, 0, 0), (0.12, 0.12, 0.12, 0.12), (0, 0, 0.2, 0.15))  # shares of the canvas


def main() -> None:
    """Print what marks cost, and with --table what they survive."""
    cv2.setNumThreads(1)
    costs()
    if "--table" in sys.argv:
        attacks()
        false_alarms()


def costs() -> None:
    """Print the best time of each layer at 1024 px and at 27 megapixels, in ms."""
    print(f"{'size':>12} {'watermark, hashes':>18} {'labels, signature':>18} {'all':>8}")
    keys = make(datetime.now(UTC))
    for width, height in ((1024, 683), (6360, 4240)):
        canvas = cv2.resize(_photo("picos-12mp"), (width, height), interpolation=cv2.INTER_AREA)
        margins = Margins(width // 6, height // 6, width // 6, height // 6)
        photo = np.ascontiguousarray(canvas[margins.inner(Extent(width, height)).slices])
        request, file = Request(photo, margins), encode_master(np.asarray(canvas, np.uint8))
        origin = Origin(NUMBER, (Step(Box(0, 0, 9, 9), 1, "a" * 64, "patchmatch"),))

        def measure(canvas: Pixels = canvas, request: Request = request) -> object:
            return mark(canvas, request, Marking(SECRET, "benchmark", watermark=True))

        def finish(file: bytes = file, origin: Origin = origin) -> object:
            return sign(labelled(file, origin, "Kuotu"), origin, keys)

        marks, signature = _best(measure), _best(finish)
        print(f"{width:>7}x{height} {marks:>18.0f} {signature:>18.0f} {marks + signature:>8.0f}")


def attacks(results: int = RESULTS) -> None:
    """Print for each attack how many marks are found, and how many bits of their numbers are wrong."""
    outcomes: dict[str, list[tuple[bool, bool, int]]] = {name: [] for name in ATTACKS}
    for number, (canvas, margins) in enumerate(_results(results), 1):
        random = np.random.default_rng(number)
        for name, attack in ATTACKS.items():
            seen = detect(attack(canvas, margins, random), SECRET)
            wrong = (int(seen.number, 16) ^ int(NUMBER, 16)).bit_count()
            outcomes[name].append((seen.sure, seen.carries(NUMBER), wrong))
        if number % EVERY == 0 or number == results:
            _print_table(outcomes, number)


def _print_table(outcomes: dict[str, list[tuple[bool, bool, int]]], number: int) -> None:
    print(f"\n{number} results\n| what was done | found | number known | number read | wrong bits |")
    print("| --- | --- | --- | --- | --- |")
    for name, seen in outcomes.items():
        found, known, wrong = (np.array(column) for column in zip(*seen, strict=True))
        shares = found.mean(), known.mean(), (wrong == 0).mean(), wrong.mean() / 64
        print(f"| {name} | " + " | ".join(f"{share:.1%}" for share in shares) + " |", flush=True)


def false_alarms() -> None:
    """Print how often clean photos seem to be marked, with a 95 % interval over the photos."""
    random, photos = np.random.default_rng(7), sorted(SAMPLES.glob("*.jpg"))
    worst: dict[str, list[float]] = {}
    for path, _ in zip(cycle(photos), range(CLEAN), strict=False):
        crop = _crop(_photo(path.stem), random)
        tested = [spectrum for share in SHARES for spectrum in spectra(crop, share)]
        for _ in range(KEYS):
            waves = carriers(random.bytes(32))
            fit = max(float(waves.places(spectrum).max()) for spectrum in tested)
            worst.setdefault(path.stem, []).append(fit)
        _print_alarms(worst)


def _print_alarms(worst: dict[str, list[float]]) -> None:
    trials = [fit for fits in worst.values() for fit in fits]
    alarms = sum(fit >= SURE for fit in trials)
    concerned = sum(max(fits) >= SURE for fits in worst.values())
    bound = 1 - 0.05 ** (1 / len(worst)) if not concerned else float("nan")
    print(
        f"{alarms} false alarms in {len(trials)} trials on {len(worst)} photos; highest fit {max(trials):.2f} of {SURE}"
    )
    print(f"with 95 % confidence fewer than {3 / len(trials):.2%} of trials, and of photos {bound:.0%}")
    tail = np.sort(trials)[-len(trials) // 100 :]
    print(f"mean {np.mean(trials):.2f}, standard deviation {np.std(trials):.2f}, highest 1 % from {tail[0]:.2f}")


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
    whole, photo = Box(0, 0, width, height), margins.inner(Extent(width, height))
    across, down = width // 10, height // 10
    cuts = (
        Box(across, 0, width, height),
        Box(0, down, width, height),
        Box(0, 0, width - across, height),
        Box(0, 0, width, height - down),
    )
    left = [cut for cut in cuts if 1 - (photo & cut).extent.area / cut.extent.area >= 0.15]
    return np.ascontiguousarray(pixels[(left[random.integers(len(left))] if left else whole).slices])


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


def _results(results: int) -> Iterator[tuple[Pixels, Margins]]:
    """Yield marked pictures. What counts as new are real pixels at the edges of photos."""
    random = np.random.default_rng(1)
    for _, path in zip(range(results), cycle(sorted(SAMPLES.glob("*.jpg"))), strict=False):
        canvas = _scaled(_crop(_photo(path.stem), random), MASTER)
        height, width = canvas.shape[:2]
        left, top, right, bottom = GROWN[int(random.integers(len(GROWN)))]
        margins = Margins(int(width * left), int(height * top), int(width * right), int(height * bottom))
        assert watermark(canvas, margins, NUMBER, SECRET)
        yield canvas, margins


def _crop(photo: Pixels, random: np.random.Generator) -> Pixels:
    """Return a random half to nine tenths of a photo, at most as large as a chat shows it."""
    height, width = photo.shape[:2]
    share = random.uniform(0.7, 0.95)
    rows, columns = int(height * share), int(width * share)
    top, left = random.integers(height - rows + 1), random.integers(width - columns + 1)
    crop = np.ascontiguousarray(photo[top : top + rows, left : left + columns])
    return _scaled(crop, 1280) if max(crop.shape) > 1280 else crop


def _photo(name: str) -> Pixels:
    return decode((SAMPLES / f"{name}.jpg").read_bytes())


def _best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()  # the time of the processor, because other programs may be busy
        work()
        times.append(time.process_time() - started)
    return 1000 * min(times)


if __name__ == "__main__":
    main()
