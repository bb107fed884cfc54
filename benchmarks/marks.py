"""What marks cost, and what a watermark survives. `--table` measures the tables of docs/marks.md, which takes long."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from benchmarks.watermarks import NUMBER, SAMPLES, SECRET, Progress, attacks, false_alarms, photo_in
from inference.canvas import Box, Extent, Margins
from inference.engine import Request
from inference.image.codec import encode_master
from inference.marks.keyring import make
from inference.marks.labels import labelled
from inference.marks.manifest import sign
from inference.marks.marking import Marking, mark
from inference.marks.origin import Origin, Step

ROUNDS = 5
LIMITS = {Extent(1024, 683): 60.0, Extent(6360, 4240): 600.0}  # ms that all layers may cost at each size


def main() -> None:
    """Print what marks cost, and with --table what they survive. Exits with 1 if they cost more than they may."""
    cv2.setNumThreads(1)
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--table", action="store_true", help="what a watermark survives, and how often it errs")
    parser.add_argument("--photos", type=Path, help="a folder of more clean photos for false alarms")
    parser.add_argument("--progress", type=Path, help="a file that keeps what was measured; a later run goes on there")
    asked = parser.parse_args()
    late = costs()
    if asked.table:
        progress = Progress.at(asked.progress)
        attacks(progress)
        false_alarms(
            progress, sorted(SAMPLES.glob("*.jpg")) + sorted(asked.photos.glob("*.jpg") if asked.photos else ())
        )
    if late:
        raise SystemExit(late)


def costs() -> str:
    """Print the best time of each layer at each size, in ms. Returns what is above its limit, or nothing."""
    print(f"{'size':>12} {'watermark, hashes':>18} {'labels, signature':>18} {'all':>8} {'at most':>8}")
    took: dict[Extent, float] = {}
    for size, limit in LIMITS.items():
        marks, signature = cost(size)
        took[size] = marks + signature
        columns = f"{marks:>18.0f} {signature:>18.0f} {took[size]:>8.0f} {limit:>8.0f}"
        print(f"{size.width:>7}x{size.height} {columns}", flush=True)
    return above(took)


def above(took: Mapping[Extent, float]) -> str:
    """Return the sizes at which marks cost more ms than they may, as one line."""
    return "; ".join(
        f"{size.width}x{size.height} took {ms:.0f} ms and may take {LIMITS[size]:.0f}"
        for size, ms in took.items()
        if ms > LIMITS[size]
    )


def cost(size: Extent) -> tuple[float, float]:
    """Return the best times of watermark and hashes, and of labels and signature, in ms."""
    canvas = cv2.resize(photo_in(SAMPLES / "picos-12mp.jpg"), size, interpolation=cv2.INTER_AREA)
    margins = Margins(size.width // 6, size.height // 6, size.width // 6, size.height // 6)
    photo = np.ascontiguousarray(canvas[margins.inner(size).slices])
    request, file = Request(photo, margins), encode_master(np.asarray(canvas, np.uint8))
    origin = Origin(NUMBER, (Step(Box(0, 0, 9, 9), 1, "a" * 64, "patchmatch"),))
    keys, marking = make(datetime.now(UTC)), Marking(SECRET, "benchmark", watermark=True)
    marks = _best(lambda: mark(np.asarray(canvas, np.uint8), request, marking))
    return marks, _best(lambda: sign(labelled(file, origin, "Kuotu"), origin, keys))


def _best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()  # the time of the processor, because other programs may be busy
        work()
        times.append(time.process_time() - started)
    return 1000 * min(times)


if __name__ == "__main__":
    main()
