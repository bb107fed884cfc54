"""Does the guess of surprise rise where it should? Measured on canvases whose order is known from how they were made.

python -m benchmarks.surprise [--clip MODEL] [PHOTO …]
the sample photos by default; about 6 s per photo and layout at 480 px; MODEL as in KUOTU_SURPRISE, fitted and compared

The middle of a photo is expanded to the size of the whole photo: by its own hidden border, by the engine without
weights (faithful, playful, wild), and by the borders of two other photos, blended as a model's output is. Each photo is
judged by curves fitted to the others. Intervals are 95 %, from 2000 bootstrap draws of photos.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.blending.compositing import compose
from inference.canvas import Extent, Margins, round_half_up
from inference.engine import EngineName, Pixels, Request, Style, ignore
from inference.growth import Direction, scaled
from inference.image.codec import decode
from inference.registry import open_engine
from inference.surprise.beings import share_of_beings, with_beings
from inference.surprise.semantic import MeaningGuess
from inference.surprise.statistics import REASONS, Measures, Reason, combined, measure

SAMPLES = Path(__file__).parents[1] / "bot" / "playground" / "samples"
TWICE: Final = "picos-12mp"  # the same scene as another sample
SIDE: Final = 480
LAYOUTS: Final = ((Direction.ALL, 1.5), (Direction.HORIZONTAL, 1.75), (Direction.DOWN, 1.5))
ORDER: Final = ("own", "faithful", "wild", "other")  # playful lies between faithful and wild, and is reported only
CURVES: Final = (
    (("own",), ("faithful",)),
    (("own", "faithful"), ("wild",)),
    (ORDER[:3], ("other",)),
    (ORDER[:3], ("other",)),  # for a CLIP model
)
RIDGE: Final = 0.005
STEEP: Final = 2.0  # factor on the slopes of the fitted curves, so that weak evidence hardly counts
DRAWS: Final = 2000

Floats = NDArray[np.float64]
Look = Callable[[Pixels, Pixels, Margins], Measures | None]


@dataclass(frozen=True)
class Case:
    """One canvas, what was measured on it, and the share of its new pixels that beings count as."""

    photo: str
    layout: str
    kind: str
    measures: Measures
    beings: float = 0.0

    def guess(self, reasons: Sequence[Reason]) -> float:
        """Return the guess of surprise by these curves, as the bot makes it."""
        return with_beings(combined(self.measures, reasons), self.beings)


def main() -> None:
    """Print how well the guesses order the canvases."""
    asked = _asked().parse_args()
    look, reasons = _with_clip(asked.clip) if asked.clip else (measure, REASONS)
    photos = {path.stem: _small(decode(path.read_bytes())) for path in asked.photos or _samples()}
    started, seconds = time.perf_counter(), list[float]()
    cases = list(_cases(photos, look, seconds))
    took = time.perf_counter() - started
    print(f"{len(cases)} canvases in {took:.0f} s; a guess costs {1000 * np.median(seconds):.0f} ms")
    curves = {name: fitted((case for case in cases if case.photo != name), reasons) for name in photos}
    left_out = [case.guess(curves[case.photo]) for case in cases]
    for kind in sorted({case.kind for case in cases}, key=lambda kind: np.mean(_of(cases, left_out, kind))):
        print(f"  {kind:9} mean {np.mean(_of(cases, left_out, kind)):.2f}")
    _print("each photo judged by curves fitted to the others", cases, left_out)
    if asked.clip:
        statistics = [case.guess(curves[case.photo][: len(REASONS)]) for case in cases]
        _print("the same, by statistics alone", cases, statistics)
        _print("by what the CLIP measures alone", cases, [asdict(case.measures)["strange"] for case in cases])
    for layout in dict.fromkeys(case.layout for case in cases):
        chosen = [i for i, case in enumerate(cases) if case.layout == layout]
        _print(f"the same as first, {layout}", [cases[i] for i in chosen], [left_out[i] for i in chosen])
    _print("by the curves that ship, fitted to all of them", cases, [case.guess(reasons) for case in cases])
    final = fitted(cases, reasons)
    print("fitted to all of them:", *final, *([setting(asked.clip, final[-1])] if asked.clip else []), sep="\n  ")


def _asked() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--clip", default="", help="a CLIP, as KUOTU_SURPRISE names it")
    parser.add_argument("photos", nargs="*", type=Path)
    return parser


def _with_clip(name: str) -> tuple[Look, tuple[Reason, ...]]:
    from inference.surprise.clip import Clip

    clip = Clip(name)
    return MeaningGuess(clip.encode, clip.reason).measures, (*REASONS, clip.reason)


def setting(clip: str, curve: Reason) -> str:
    """Return the value of KUOTU_SURPRISE with the fitted curve of a CLIP model, or a note not to set it."""
    weight = curve.weights["strange"]
    if weight <= 0:
        return f"{clip} finds other worlds no stranger than a photo's own border: it is of no use"
    return f"KUOTU_SURPRISE='{clip.partition('?')[0]}?weight={weight:g}&offset={curve.offset:g}'"


def _samples() -> list[Path]:
    return [path for path in sorted(SAMPLES.glob("*.jpg")) if path.stem != TWICE]


def _small(photo: Pixels) -> Pixels:
    factor = SIDE / max(photo.shape)
    return np.asarray(cv2.resize(photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


def _cases(photos: dict[str, Pixels], look: Look, seconds: list[float]) -> Iterator[Case]:
    names, engine = list(photos), open_engine(EngineName.PATCHMATCH)
    for (direction, scale), (number, name) in ((layout, photo) for layout in LAYOUTS for photo in enumerate(names)):
        whole = photos[name]
        margins, photo = _hidden(whole, direction, scale)
        canvases = [("own", whole, 0.0)]
        for style in Style:
            painted = engine.expand(Request(photo, margins, style, seed=number + 1), ignore)
            canvases.append((style.value, painted.pixels, share_of_beings(painted.recipe, style)))
        for step in (3, 6):
            other = _covering(photos[names[(number + step) % len(names)]], whole.shape[1], whole.shape[0])
            canvases.append(("other", compose(other, photo, margins), 0.0))
        for kind, canvas, beings in canvases:
            begun = time.process_time()
            measures = look(photo, canvas, margins)
            seconds.append(time.process_time() - begun)
            assert measures is not None
            yield Case(name, f"{direction} {scale:g}", kind, measures, beings)


def _hidden(whole: Pixels, direction: Direction, scale: float) -> tuple[Margins, Pixels]:
    """Return the middle that grows to the whole photo by this scale, and the margins around it."""
    height, width = whole.shape[:2]
    kept = Extent(
        round_half_up(width / scale) if direction.widens else width,
        round_half_up(height / scale) if direction.heightens else height,
    )
    wanted = scaled(kept, direction, scale)
    left, top = min(wanted.left, width - kept.width), min(wanted.top, height - kept.height)
    margins = Margins(left, top, width - kept.width - left, height - kept.height - top)
    return margins, np.ascontiguousarray(whole[top : top + kept.height, left : left + kept.width])


def _covering(picture: Pixels, width: int, height: int) -> Pixels:
    """Return the middle of an image, scaled to cover a size."""
    factor = max(width / picture.shape[1], height / picture.shape[0])
    size = max(width, round(picture.shape[1] * factor)), max(height, round(picture.shape[0] * factor))
    large = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    top, left = (size[1] - height) // 2, (size[0] - width) // 2
    return np.ascontiguousarray(large[top : top + height, left : left + width])


def fitted(cases: Iterable[Case], reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Return the reasons with fitted curves. Each curve separates one step of the order from those below."""
    known, found = list(cases), list[Reason]()
    for reason, (below, above) in zip(reasons, CURVES, strict=False):
        chosen = [case for case in known if case.kind in below + above]
        values = np.array([[asdict(case.measures)[name] for name in reason.weights] for case in chosen])
        weights, offset = _logistic(values, np.array([case.kind in above for case in chosen]))
        steep = {name: round(STEEP * float(w), 1) for name, w in zip(reason.weights, weights, strict=True)}
        found.append(Reason(steep, round(STEEP * offset, 1), reason.worth))
    return tuple(found)


def _logistic(values: Floats, above: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Fit a logistic regression by Newton's method, with balanced classes and a ridge on standardised values."""
    mean, deviation = values.mean(0), values.std(0)
    x = np.c_[(values - mean) / deviation, np.ones(len(values))]
    ridge = np.diag([RIDGE * len(x)] * values.shape[1] + [0.0])
    share = np.where(above, 0.5 / above.mean(), 0.5 / (1 - above.mean()))
    w = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ w))
        w += np.linalg.solve(
            (x * (share * p * (1 - p))[:, None]).T @ x + ridge, x.T @ (share * (above - p)) - ridge @ w
        )
    return w[:-1] / deviation, float(w[-1] - (w[:-1] / deviation) @ mean)


def _of(cases: Sequence[Case], guesses: Sequence[float], kind: str) -> Floats:
    return np.array([guess for case, guess in zip(cases, guesses, strict=True) if case.kind == kind])


def _print(title: str, cases: Sequence[Case], guesses: Sequence[float]) -> None:
    print(f"{title}: AUC (95 % interval)")
    for below, above in [*pairwise(ORDER), ("faithful", "other"), ("own", "other")]:
        low, high = np.quantile(list(_drawn(cases, guesses, below, above)), (0.025, 0.975))
        auc = _auc(_of(cases, guesses, below), _of(cases, guesses, above))
        print(f"  {below:8} < {above:8} {auc:.2f} ({low:.2f} to {high:.2f})")


def _drawn(cases: Sequence[Case], guesses: Sequence[float], below: str, above: str) -> Iterator[float]:
    """Yield the AUC of bootstrap draws of whole photos, because canvases of one photo are not independent."""
    random, names = np.random.default_rng(0), sorted({case.photo for case in cases})
    by_photo = {
        name: [
            [g for c, g in zip(cases, guesses, strict=True) if (c.photo, c.kind) == (name, kind)]
            for kind in (below, above)
        ]
        for name in names
    }
    for _ in range(DRAWS):
        drawn = [by_photo[names[i]] for i in random.integers(0, len(names), len(names))]
        yield _auc(*(np.concatenate([pair[side] for pair in drawn]) for side in (0, 1)))


def _auc(below: Floats, above: Floats) -> float:
    """Return how often a value of the second is above one of the first (Mann and Whitney, 1947). Ties count half."""
    difference = above[:, None] - below[None]
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


if __name__ == "__main__":
    main()
