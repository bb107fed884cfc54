"""How good is a new part? Crop a photo, expand the crop, and compare: `python benchmarks/uncrop.py`.

Every figure concerns the new part alone. swd and sharp say whether it looks like the truth. layout says whether things
are in the right place; it rewards blur, so compare it between sharp methods only. seam says whether the border is
visible, and repeat whether content recurs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Box, Extent, Margins
from inference.engine import Pixels, Request, ignore
from inference.patchmatch.engine import PatchMatch
from inference.subject.memory import Subjects
from inference.subject.salience import Salience
from inference.subject.subject import Subject

SAMPLES = Path(__file__).parents[1] / "bot" / "playground" / "samples"
NAMES = [
    "aitzgorri",
    "astronaut",
    "chelsea",
    "coffee",
    "friends",
    "life",
    "picos",
    "rocket",
    "seeding",
    "sunset",
    "wine",
]
PATCH, LEVELS, PROJECTIONS, MOST = 7, 4, 128, 4000

Grey = NDArray[np.float32]


class Figures(NamedTuple):
    """The figures of one result."""

    # Sliced Wasserstein distance of patches over 4 Laplacian levels, in standard deviations of the truth; 0 is equal.
    swd: float
    seam: float  # gradient across the seam, relative to that 2 to 6 px beside it; 1 is invisible
    sharp: float  # mean Laplacian relative to the truth; 1 is right
    layout: float  # Lab distance at 1/16 scale
    repeat: float  # highest autocorrelation at 12 px or more; 1 is a tiling


def sample(name: str, longest: int) -> Pixels:
    """Return a sample photo, scaled to a longest side in px."""
    photo = cv2.cvtColor(cv2.imread(str(SAMPLES / f"{name}.jpg")), cv2.COLOR_BGR2RGB)
    scale = longest / max(photo.shape)
    shrinks = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=shrinks), np.uint8)


def crops(extent: Extent) -> dict[str, Box]:
    """Return the crops by name: the middle two thirds, the middle half, and the left three quarters."""
    width, height = extent
    middle = {f: (round(width / f), round(height / f)) for f in (1.5, 2)}
    boxes = {
        f: Box((width - w) // 2, (height - h) // 2, (width - w) // 2 + w, (height - h) // 2 + h)
        for f, (w, h) in middle.items()
    }
    return {"all 1.5x": boxes[1.5], "all 2x": boxes[2], "right 1.33x": Box(0, 0, round(width * 0.75), height)}


def judge(result: Pixels, truth: Pixels, box: Box) -> Figures:
    """Return the figures of a result, given the whole photo and the box of the crop in it."""
    new = np.ones(truth.shape[:2], np.uint8)
    new[box.slices] = 0
    return Figures(
        _wasserstein(result, truth, new),
        _seam(result, box),
        _sharp(result, truth, new),
        _layout(result, truth, new),
        _repeat(result, new),
    )


def _laplacian(picture: Pixels) -> list[NDArray[np.float32]]:
    levels, current = [], picture.astype(np.float32)
    for _ in range(LEVELS - 1):
        smaller = cv2.pyrDown(current)
        levels.append(current - cv2.pyrUp(smaller, dstsize=current.shape[1::-1]))
        current = smaller
    return [*levels, current - current.mean(axis=(0, 1))]


def _wasserstein(result: Pixels, truth: Pixels, new: NDArray[np.uint8]) -> float:
    """Return the sliced Wasserstein distance of patches.

    Rabin, Peyré, Delon and Bernot, «Wasserstein Barycenter and its Application to Texture Mixing», 2011.
    """
    random = np.random.default_rng(0)
    distances = []
    for ours, theirs in zip(_laplacian(result), _laplacian(truth), strict=True):
        at = cv2.resize(new.astype(np.float32), ours.shape[1::-1], interpolation=cv2.INTER_AREA) > 0.5
        whole = cv2.erode(at.astype(np.uint8), np.ones((PATCH, PATCH)), borderType=cv2.BORDER_CONSTANT, borderValue=0)
        rows, cols = np.nonzero(whole)
        if rows.size < 50:
            continue
        chosen = random.choice(rows.size, min(MOST, rows.size), replace=False)
        reach = np.arange(PATCH) - PATCH // 2
        down, across = rows[chosen][:, None, None] + reach[:, None], cols[chosen][:, None, None] + reach
        onto = random.standard_normal((PATCH * PATCH * 3, PROJECTIONS)).astype(np.float32)
        onto /= np.linalg.norm(onto, axis=0)
        a, b = (np.sort(level[down, across].reshape(chosen.size, -1) @ onto, axis=0) for level in (ours, theirs))
        distances.append(float(np.abs(a - b).mean() / (b.std(axis=0).mean() + 1e-6)))
    return float(np.mean(distances))


def _seam(result: Pixels, box: Box) -> float:
    picture = result.astype(np.float32)
    steps = np.abs(np.diff(picture, axis=0)), np.abs(np.diff(picture, axis=1)).transpose(1, 0, 2)
    sides = [
        (steps[0], box.top - 1, box.left, box.right),
        (steps[0], box.bottom - 1, box.left, box.right),
        (steps[1], box.left - 1, box.top, box.bottom),
        (steps[1], box.right - 1, box.top, box.bottom),
    ]
    across = beside = 0.0
    for step, line, first, last in sides:
        if 0 <= line < step.shape[0]:
            near = [line + k for k in (-6, -5, -4, -3, -2, 2, 3, 4, 5, 6) if 0 <= line + k < step.shape[0]]
            across += float(step[line, first:last].mean()) * (last - first)
            beside += float(step[near, first:last].mean()) * (last - first)
    return across / beside


def _sharp(result: Pixels, truth: Pixels, new: NDArray[np.uint8]) -> float:
    inner = cv2.erode(new, np.ones((5, 5))) > 0
    energy = [
        np.abs(cv2.Laplacian(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float32), cv2.CV_32F))[inner].mean()
        for p in (result, truth)
    ]
    return float(energy[0] / energy[1])


def _layout(result: Pixels, truth: Pixels, new: NDArray[np.uint8]) -> float:
    small = max(1, truth.shape[1] // 16), max(1, truth.shape[0] // 16)
    a, b = (
        cv2.resize(cv2.cvtColor(p.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), small, interpolation=cv2.INTER_AREA)
        for p in (result, truth)
    )
    at = cv2.resize(new.astype(np.float32), small, interpolation=cv2.INTER_AREA) > 0.5
    return float(np.linalg.norm(a - b, axis=2)[at].mean())


def _repeat(result: Pixels, new: NDArray[np.uint8]) -> float:
    """Return the highest autocorrelation of the high-pass luminance, by the Wiener-Khinchin theorem."""
    grey = cv2.cvtColor(result, cv2.COLOR_RGB2GRAY).astype(np.float32)
    detail = (grey - cv2.GaussianBlur(grey, (0, 0), 6)) * new
    twice = (2 * new.shape[0], 2 * new.shape[1])
    spectrum, squares, mask = (np.fft.rfft2(x, twice) for x in (detail, detail * detail, new))
    match, shared = np.fft.irfft2(abs(spectrum) ** 2), np.fft.irfft2(abs(mask) ** 2)
    one, other = np.fft.irfft2(squares * mask.conj()), np.fft.irfft2(mask * squares.conj())
    value = match / np.sqrt(np.maximum(one * other, 1e-3))
    value[(shared < 0.15 * new.sum()) | (one < 0.1 * one.max())] = 0
    value = np.fft.fftshift(value)
    middle = new.shape
    value[middle[0] - 12 : middle[0] + 13, middle[1] - 12 : middle[1] + 13] = 0
    return float(value.max())


class Blind(Subjects):
    """Sees no subject in any photo, and nothing that stands out."""

    def of(self, photo: Pixels) -> Subject | None:
        return None

    def salience(self, photo: Pixels) -> Salience:
        return np.zeros((1, 1), np.uint8)


def main(longest: int = 480) -> None:
    """Print the figures with and without the removal of the subject."""
    seeing, blind = PatchMatch(), PatchMatch(subjects=Blind())
    photos = [sample(name, longest) for name in NAMES]
    for case in crops(Extent(4, 4)):
        for engine, told in ((seeing, "with"), (blind, "without")):
            rows, subjects = [], []
            for photo in photos:
                kept, margins, box = cropped(photo, case)
                rows.append(judge(engine.expand(Request(kept, margins), ignore).pixels, photo, box))
                found = Subjects().of(kept) if engine is seeing else None
                subjects.append(bool(found and found.removable))
            report(f"{case:12} {told} the subject removed", rows)
            if engine is seeing:
                removed, before = subjects, rows
        changed = [nth for nth, here in enumerate(removed) if here]
        report(f"{case:12} with, {len(changed)} photos with a subject", [before[nth] for nth in changed])
        report(f"{case:12} without, the same photos", [rows[nth] for nth in changed])


def cropped(photo: Pixels, case: str) -> tuple[Pixels, Margins, Box]:
    extent = Extent.of(photo)
    box = crops(extent)[case]
    kept = np.ascontiguousarray(photo[box.slices])
    return kept, Margins(box.left, box.top, extent.width - box.right, extent.height - box.bottom), box


def report(told: str, rows: list[Figures]) -> None:
    means = (f"{name} {value:.3f}" for name, value in zip(Figures._fields, np.mean(rows, axis=0), strict=True))
    sys.stdout.write(f"{told:40} {'  '.join(means)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
