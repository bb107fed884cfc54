"""Measure how often the quality gate errs, on expansions by the engine without weights, intact and spoilt on purpose.

python benchmarks/gate.py [PHOTO …]        the sample photos by default; about 2 s per photo and layout at 480 px
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from inference.canvas import Extent, Margins
from inference.engine import EngineName, Pixels, Request, Style, ignore
from inference.growth import Direction, scaled
from inference.image.bands import Side, grown, inwards, outwards
from inference.image.codec import decode
from inference.quality import gate
from inference.quality.seam import seams
from inference.registry import open_engine

SAMPLES = Path(__file__).parents[1] / "bot" / "playground" / "samples"
SIDE = 480
LAYOUTS = ((Direction.ALL, 1.5), (Direction.HORIZONTAL, 2.0), (Direction.DOWN, 1.5))
RANDOM = np.random.default_rng(0)


def main() -> None:
    """Print false alarms, and the share of spoilt sides that are found."""
    engine = open_engine(EngineName.PATCHMATCH)
    alarms, found, measures, seconds = [], dict[str, list[bool]](), dict[str, list[float]](), []
    for path in [Path(name) for name in sys.argv[1:]] or sorted(SAMPLES.glob("*.jpg")):
        photo = _at_side(decode(path.read_bytes()))
        for number, (direction, scale) in enumerate(LAYOUTS):
            margins = scaled(Extent.of(photo), direction, scale)
            style = list(Style)[number]
            canvas = engine.expand(Request(photo, margins, style, seed=number), ignore).pixels
            started = time.perf_counter()
            problem = gate.judge(canvas, margins)
            seconds.append(time.perf_counter() - started)
            alarms += [f"{path.stem} {direction} {scale:g} {style}: {problem}"] if problem else []
            _measure(canvas, margins, measures)
            for name, spoil in SPOILT.items():
                for side in grown(margins):
                    found.setdefault(name, []).append(_is_found(canvas, margins, side, spoil))
    _print(alarms, found, measures, seconds)


def _at_side(photo: Pixels) -> Pixels:
    factor = SIDE / max(photo.shape)
    return np.asarray(cv2.resize(photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


def _measure(canvas: Pixels, margins: Margins, measures: dict[str, list[float]]) -> None:
    for seam in seams(canvas, margins):
        measures.setdefault(f"gradient across the seam, at most {gate.GRADIENT:g}", []).append(seam.gradient)
        measures.setdefault(f"step, at most {gate.STEP:g} grey levels", []).append(seam.step)
    for side in grown(margins):
        new = gate.look(outwards(canvas, margins, side, gate.DEEPEST))
        rim = gate.look(inwards(canvas, margins, side, gate.RIM))
        measures.setdefault(f"relation of neighbours, at least {gate.UNRELATED:g}", []).append(new.relation)
        if rim.away > gate.LIVELY:
            measures.setdefault(f"change away from the photo, at least {gate.SMEARED:g}", []).append(
                new.away / rim.away
            )
        if rim.deviation > gate.VARIED:
            measures.setdefault(f"deviation, at least {gate.PLAIN:g} grey levels", []).append(new.deviation)


def _is_found(canvas: Pixels, margins: Margins, side: Side, spoil: Callable[[Pixels], Pixels]) -> bool:
    spoilt = canvas.copy()
    band = outwards(spoilt, margins, side, max(spoilt.shape))
    band[:] = spoil(band)
    return gate.judge(spoilt, margins) is not None


def _blotches(band: Pixels) -> Pixels:
    height, width = band.shape[:2]
    coarse = RANDOM.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


SPOILT: dict[str, Callable[[Pixels], Pixels]] = {
    "black": np.zeros_like,
    "grey": lambda band: np.full_like(band, 128),
    "noise": lambda band: RANDOM.integers(0, 256, band.shape, np.uint8),
    "noise in blotches of 8 px": _blotches,
    "a smear of the photo's edge": lambda band: np.repeat(band[:, :1], band.shape[1], axis=1),
    "upside down": lambda band: band[::-1].copy(),
    "24 grey levels brighter": lambda band: np.clip(band.astype(int) + 24, 0, 255).astype(np.uint8),
    "48 grey levels brighter": lambda band: np.clip(band.astype(int) + 48, 0, 255).astype(np.uint8),
}


def _print(
    alarms: list[str], found: dict[str, list[bool]], measures: dict[str, list[float]], seconds: list[float]
) -> None:
    print(f"{len(seconds)} expansions, {1000 * float(np.median(seconds)):.0f} ms each to judge")
    print(f"false alarms: {len(alarms)}", *alarms, sep="\n  ")
    print("measured on them (smallest, median, largest):")
    for name, values in measures.items():
        print(f"  {name}: {min(values):.2f} {float(np.median(values)):.2f} {max(values):.2f}")
    print("one side spoilt on purpose, found:")
    for name, hits in found.items():
        print(f"  {name}: {sum(hits)} of {len(hits)}")


if __name__ == "__main__":
    main()
