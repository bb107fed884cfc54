"""Fits an enlarged new part to the photo's sharpness and grain. The photo itself is not changed.

Sharpness is the energy of the finest detail divided by that of coarser detail, which does not depend on the amount of
detail. Grain is the fine energy in the areas with the least detail. Both are measured along the seam on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent, Margins
from inference.engine import Pixels
from inference.image.bands import grown, inwards, outwards

BAND: Final = 128  # px; measured depth on each side of a seam
BLOCK: Final = 16  # px; side of the blocks in which grain and detail are distinguished
FINE, COARSE = 1.0, 4.0  # px; standard deviations of the blurs whose residuals are fine and coarse detail
# Target share of the photo's sharpness. The content differs too, and too soft looks better than too sharp.
AIM: Final = 0.8
STRONGEST: Final = 2.0  # largest amount of unsharp masking; edges ring beyond it
COARSEST: Final = 4.0  # grey levels; strongest grain that is added
TEXTURE: Final = 0.15  # largest ratio of fine to coarse energy at which detail is texture and not grain
OVERSHOOT: Final = 4.0  # grey levels by which sharpening may exceed the darkest and lightest neighbours
GRAINS: Final = (0.0, 0.45, 0.6, 0.8)  # px; possible blurs of grain, which JPEG and demosaicing cause
ROWS: Final = 512  # rows that are processed at a time
HALO: Final = 16  # px of context around them

Grey = NDArray[np.float32]


@dataclass(frozen=True)
class Finish:
    """The correction of the new part: unsharp masking (amount, px) and grain (grey levels, px of blur)."""

    amount: float
    radius: float
    grain: float
    softness: float

    def __bool__(self) -> bool:
        return self.amount > 0 or self.grain > 0


def sharpen_to(canvas: Pixels, margins: Margins, enlarged: float = 1.0, seed: int = 0) -> Pixels:
    """Return a canvas whose new part is as sharp and grainy as the photo near the seams, as far as possible.

    `enlarged` is the factor by which the new part was enlarged after painting. The photo is kept bit for bit.
    """
    finish = missing(canvas, margins, enlarged)
    return finished(canvas, margins, finish, seed) if finish else canvas


def missing(canvas: Pixels, margins: Margins, enlarged: float = 1.0) -> Finish:
    """Measure the correction that the new part needs. It is empty when sharpness and grain suffice."""
    radius = float(np.clip(0.6 * enlarged, 0.8, 2.4))
    photo = _Detail.of([inwards(canvas, margins, side, BAND) for side in grown(margins)], radius)
    new = _Detail.of([outwards(canvas, margins, side, BAND) for side in grown(margins)], radius)
    if photo is None or new is None:
        return Finish(0.0, radius, 0.0, 0.0)
    amount = new.amount_for(photo.sharpness)
    grain = max(0.0, photo.grain**2 - (new.grain * (1 + amount)) ** 2) ** 0.5
    return Finish(amount, radius, min(grain / photo.noise.fine, COARSEST), photo.noise.blur)


def finished(canvas: Pixels, margins: Margins, finish: Finish, seed: int = 0) -> Pixels:
    """Return the canvas with its new part sharpened and grain added."""
    extent = Extent.of(canvas)
    result, grain = canvas.copy(), _grain(finish, seed)
    for side in margins.inner(extent).around(extent):
        for area in side.tiles(extent.width, ROWS):
            seen = area.padded(HALO) & extent.box
            change = _sharpening(_grey(canvas[seen.slices]), finish)[area.inside(seen).slices]
            rows, columns = (np.arange(span.start, span.stop) % len(grain) for span in area.slices)
            change = change + grain[np.ix_(rows, columns)]
            result[area.slices] = np.rint(canvas[area.slices] + change[..., None]).clip(0, 255)
    return result


@dataclass(frozen=True)
class _Noise:
    """White noise after a blur (px), and its RMS in fine and in coarse detail."""

    blur: float
    fine: float
    coarse: float


@dataclass(frozen=True)
class _Detail:
    """The detail along the seams on one of their sides. Energies are those of the blocks with much detail."""

    fine: tuple[float, float, float]  # the coefficients of 1, amount and amount squared after an unsharp mask
    coarse: tuple[float, float, float]
    grain: float  # RMS of the fine detail in the blocks with the least detail, without texture, in grey levels
    noise: _Noise  # the kind of noise that such grain is

    @classmethod
    def of(cls, bands: list[Pixels], radius: float) -> _Detail | None:
        """Measure bands beside seams. Returns None when they are too narrow."""
        wide = [band for band in bands if min(band.shape[:2]) >= 2 * BLOCK]
        if not wide:
            return None
        energies = np.concatenate([_energies(_grey(np.ascontiguousarray(band)), radius) for band in wide])
        seen = energies[np.argsort(energies[:, 3])[len(energies) // 2 :]].mean(axis=0)
        plain = energies[np.argsort(energies[:, 0])[: max(1, len(energies) // 20)]].mean(axis=0)
        noise = _noise_of(float(plain[6] / max(plain[0], 1e-6)))
        grain = max(0.0, float(plain[0] - TEXTURE * plain[3])) / (1 - TEXTURE * noise.coarse**2 / noise.fine**2)
        return cls(
            fine=(float(seen[0]), 2 * float(seen[1]), float(seen[2])),
            coarse=(float(seen[3]), 2 * float(seen[4]), float(seen[5])),
            grain=grain**0.5,
            noise=noise,
        )

    @property
    def sharpness(self) -> float:
        return self._sharpness(0.0)

    def amount_for(self, sharpness: float) -> float:
        """Return the amount of unsharp masking that reaches AIM of a sharpness, at most STRONGEST."""
        amounts = np.linspace(0.0, STRONGEST, 61)
        return float(next((amount for amount in amounts if self._sharpness(amount) >= AIM * sharpness), STRONGEST))

    def _sharpness(self, amount: float) -> float:
        """Return the sharpness after an unsharp mask, without the grain, which the mask amplifies as well."""
        powers, noise = (1.0, amount, amount**2), (self.grain * (1 + amount)) ** 2
        fine, coarse = (
            sum(part * power for part, power in zip(parts, powers, strict=True)) for parts in (self.fine, self.coarse)
        )
        return max(fine - noise, 0.0) / max(coarse - noise, 1.0)


def _energies(grey: Grey, radius: float) -> Grey:
    """Return (blocks, 7) means: fine², fine x masked fine, masked fine²; the same for coarse; fine x neighbour."""
    mask = grey - _blurred(grey, radius)
    fine, coarse = (grey - _blurred(grey, width) for width in (FINE, COARSE))
    masked_fine, masked_coarse = (mask - _blurred(mask, width) for width in (FINE, COARSE))
    products = (
        fine * fine,
        fine * masked_fine,
        masked_fine * masked_fine,
        coarse * coarse,
        coarse * masked_coarse,
        masked_coarse * masked_coarse,
        fine * np.roll(fine, 1, axis=0),
    )
    height, width = (length // BLOCK for length in grey.shape)
    stack = np.stack([product[: height * BLOCK, : width * BLOCK] for product in products], axis=-1)
    return np.asarray(stack.reshape(height, BLOCK, width, BLOCK, 7).mean(axis=(1, 3)).reshape(-1, 7), np.float32)


def _noise_of(correlation: float) -> _Noise:
    """Return the noise whose fine detail has this correlation of neighbours, from the spectra of white noise."""
    frequency = np.fft.fftfreq(64)
    square = frequency[:, None] ** 2 + frequency**2
    fine, coarse = ((1 - np.exp(-2 * (np.pi * width) ** 2 * square)) ** 2 for width in (FINE, COARSE))

    def noise(blur: float) -> tuple[float, _Noise]:
        spectrum = np.exp(-4 * (np.pi * blur) ** 2 * square)
        spectrum /= spectrum.sum()
        neighbours = float((fine * spectrum * np.cos(2 * np.pi * frequency)).sum() / (fine * spectrum).sum())
        parts = (float((part * spectrum).sum()) ** 0.5 for part in (fine, coarse))
        return abs(neighbours - correlation), _Noise(blur, *parts)

    return min((noise(blur) for blur in GRAINS), key=lambda candidate: candidate[0])[1]


def _sharpening(grey: Grey, finish: Finish) -> Grey:
    """Return what an unsharp mask adds, limited to avoid halos."""
    if finish.amount == 0:
        return np.zeros_like(grey)
    change = finish.amount * (grey - _blurred(grey, finish.radius))
    square = np.ones((3, 3), np.uint8)
    darkest, lightest = cv2.erode(grey, square) - OVERSHOOT, cv2.dilate(grey, square) + OVERSHOOT
    return np.asarray(np.clip(grey + change, darkest, lightest) - grey, np.float32)


def _grain(finish: Finish, seed: int, size: int = 1024) -> Grey:
    """Return a (size, size) tile of grain that continues seamlessly from one edge to the opposite one."""
    if finish.grain == 0:
        return np.zeros((1, 1), np.float32)
    white = np.fft.rfft2(np.random.default_rng(seed).standard_normal((size, size)))
    square = np.fft.fftfreq(size)[:, None] ** 2 + np.fft.rfftfreq(size) ** 2
    grain = np.fft.irfft2(white * np.exp(-2 * (np.pi * finish.softness) ** 2 * square))
    return np.asarray(grain * (finish.grain / grain.std()), np.float32)


def _grey(pixels: Pixels) -> Grey:
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32), cv2.COLOR_RGB2GRAY), np.float32)


def _blurred(grey: Grey, width: float) -> Grey:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), width), np.float32)
