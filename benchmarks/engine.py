"""Measure the engine without weights, beside pypatchmatch: `python benchmarks/engine.py [plot.png]`.

Seconds of CPU on one core.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from benchmarks.memory import peak_memory
from inference.canvas import Extent
from inference.engine import Pixels, Request, ignore
from inference.growth import Direction, scaled
from inference.patchmatch.engine import PatchMatch, prefill

SAMPLES = Path(__file__).parents[1] / "bot" / "playground" / "samples"
ROUNDS = 3  # the fastest counts, because other work on the machine only adds time


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def sample(name: str, longest: int) -> Pixels:
    """Return a sample photo, scaled to a longest side in px."""
    photo = cv2.cvtColor(cv2.imread(str(SAMPLES / f"{name}.jpg")), cv2.COLOR_BGR2RGB)
    scale = longest / max(photo.shape)
    return (
        photo
        if scale == 1
        else np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    )


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the least seconds of CPU of some rounds."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def asked(photo: Pixels, scale: float = 1.5, direction: Direction = Direction.ALL) -> Request:
    """Return a request to expand a photo."""
    return Request(photo, scaled(Extent.of(photo), direction, scale))


def pypatchmatch(photo: Pixels) -> None:
    """Run pypatchmatch's search alone, on a canvas of 512 px with rows as a guide. A full-size image costs more."""
    from patchmatch import inpaint_regularity

    canvas = asked(photo).margins.canvas(Extent.of(photo))
    shrink = 512 / max(canvas)
    small = cv2.resize(photo, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    request = asked(np.asarray(small, np.uint8))
    m = request.margins
    whole = cv2.copyMakeBorder(small, m.top, m.bottom, m.left, m.right, cv2.BORDER_REPLICATE)
    rows = np.zeros((*whole.shape[:2], 3), np.float32)
    rows[..., 0] = 0.5 * np.clip((np.arange(whole.shape[0])[:, None] - m.top) / small.shape[0], 0, 1)
    inpaint_regularity(whole, m.mask(request.extent), rows, patch_size=5, guide_weight=0.25)


def beside_pypatchmatch(engine: PatchMatch) -> None:
    """Print the time of the engine and of pypatchmatch."""
    for name, longest in (("picos", 1024), ("life", 1024), ("astronaut", 1024), ("picos-12mp", 4000)):
        photo = sample(name, longest)
        ours, theirs = seconds(partial(engine.expand, asked(photo), ignore)), seconds(partial(pypatchmatch, photo), 1)
        size = f"{photo.shape[1]}x{photo.shape[0]}"
        say(f"{name:12} {size} all 1.5x: {ours:.2f} s, pypatchmatch {theirs:.2f} s, {theirs / ours:.1f} times")


def codec() -> None:
    """Print the time of decoding and encoding."""
    data = (SAMPLES / "picos-12mp.jpg").read_bytes()
    decoding = seconds(lambda: cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))
    canvas = np.asarray(cv2.resize(sample("picos-12mp", 4000), (6000, 4500)), np.uint8)
    encoding = seconds(lambda: cv2.imencode(".png", canvas, [cv2.IMWRITE_PNG_COMPRESSION, 1]), 1)
    say(f"apart: decoding 12 MP JPEG {decoding:.2f} s, encoding 27 MP PNG {encoding:.2f} s")


def two_at_once() -> None:
    """Print the wall time of one process, and of two in parallel."""
    command = [sys.executable, __file__, "--one"]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    alone = time.perf_counter() - start
    start = time.perf_counter()
    both = [subprocess.Popen(command) for _ in range(2)]
    assert not any(process.wait() for process in both)
    together = time.perf_counter() - start
    say(f"five 1024 px photos: one process {alone:.1f} s, two processes with five each {together:.1f} s")


def one(engine: PatchMatch) -> None:
    """Run five expansions. `two_at_once` starts this in processes of its own."""
    photo = sample("picos", 1024)
    for _ in range(5):
        engine.expand(asked(photo), ignore)


def peak() -> None:
    """Print the peak memory of an expansion."""
    engine = PatchMatch()
    photo = sample("picos-12mp", 4000)
    before = peak_memory()
    engine.expand(asked(photo), ignore)
    say(f"4000x3000 all 1.5x: peak {peak_memory():.0f} MB, of which {before:.0f} MB libraries and the decoded photo")


def plot(engine: PatchMatch, path: str) -> None:
    """Write a PNG with the CPU time over the size of the photo, and over the scale."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    scales, sizes, photo = (1.25, 1.5, 2, 3, 4), (256, 512, 1024, 2048, 4000), sample("picos", 1024)
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3), constrained_layout=True, sharey=True)
    for direction in (Direction.ALL, Direction.RIGHT):
        by_size = [asked(sample("picos-12mp", size), 1.5, direction) for size in sizes]
        by_scale = [asked(photo, scale, direction) for scale in scales]
        for axes, along, requests in ((left, sizes, by_size), (right, scales, by_scale)):
            costs = [seconds(partial(engine.expand, request, ignore)) for request in requests]
            axes.plot(along, costs, "o-", label=direction.value)
    left.set(xlabel="photo at 1.5x, longer side in pixels", ylabel="CPU seconds", xscale="log", ylim=0)
    left.minorticks_off()
    left.set_xticks(sizes, [str(size) for size in sizes])
    right.set(xlabel="scale of a photo of 1024 pixels")
    for axes in (left, right):
        axes.legend()
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)


def main() -> None:
    cv2.setNumThreads(1)
    if "--peak" in sys.argv:
        return peak()
    engine = PatchMatch()
    if "--one" in sys.argv:
        return one(engine)
    if len(sys.argv) > 1:
        return plot(engine, sys.argv[1])
    engine.expand(asked(sample("picos", 256)), ignore)
    beside_pypatchmatch(engine)
    photo = sample("picos", 1024)
    full, quick = (
        seconds(lambda: engine.expand(asked(photo), ignore)),
        seconds(lambda: prefill(photo, asked(photo).margins)),
    )
    say(f"prefill at 1024 px: {quick:.3f} s, {quick / full:.1%} of the full {full:.2f} s")
    codec()
    subprocess.run([sys.executable, __file__, "--peak"], check=True)
    return two_at_once()


if __name__ == "__main__":
    main()
