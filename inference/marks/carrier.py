"""The carriers of watermarks: waves of middle frequency in a tile that repeats over the picture.

A picture is looked at in a canonical size, so that scaling changes nothing. All its tiles are added up; what repeats
grows, and the picture averages out. Half of the waves have phases that the installation's secret fixes, and tell where
the tile begins. The others carry the coded bits.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.marks.canonical import Plane
from inference.marks.code import CODED

TILE: Final = 128  # px of a tile in the canonical size
LOWEST, HIGHEST = 10.0, 40.0  # waves per tile
FINE, COARSE = 13, 17  # px around a pixel that its detail and its local contrast are relative to
FLOOR: Final = 0.6  # grey levels of local contrast below which a picture counts as flat
SYNC: Final = 0.8  # amplitude of the waves that tell the place, relative to the others
OUTLIER: Final = 3.0  # standard deviations to which single waves of the picture are limited

Spectrum: TypeAlias = NDArray[np.complex64]


@dataclass(frozen=True, eq=False)
class Carriers:
    """The waves of one secret, by their indices in a tile's half spectrum (TILE, TILE // 2 + 1)."""

    sync: tuple[NDArray[np.int64], NDArray[np.int64]]  # rows and columns
    phases: Spectrum  # of the sync waves, of length 1
    data: tuple[NDArray[np.int64], NDArray[np.int64]]
    signs: NDArray[np.float32]  # (2, waves): 1 or -1 for the real and the imaginary parts
    bits: NDArray[np.int64]  # (2, waves): which coded bit they carry

    def tile(self, coded: NDArray[np.float32], power: NDArray[np.float32]) -> Plane:
        """Return a tile (TILE, TILE) of mean square 1 that carries coded bits (signs), each with its power."""
        spectrum = np.zeros((TILE, TILE // 2 + 1), np.complex64)
        spectrum[self.sync] = SYNC * self.phases
        real, imaginary = self.signs * (coded * power)[self.bits]
        spectrum[self.data] = (real + 1j * imaginary) / np.sqrt(2)
        tile = np.fft.irfft2(spectrum, (TILE, TILE))
        return np.asarray(tile / np.sqrt(np.mean(tile**2)), np.float32)

    def soft(self, spectrum: Spectrum) -> NDArray[np.float32]:
        """Return the coded bits' soft values from a spectrum whose tile begins at the origin."""
        waves = spectrum[self.data]
        parts = np.stack([waves.real, waves.imag]) * self.signs
        return np.bincount(self.bits.ravel(), parts.ravel(), CODED).astype(np.float32)

    def places(self, spectrum: Spectrum) -> Plane:
        """Return how well the tile fits at each place (TILE, TILE), in standard deviations."""
        matched = np.zeros_like(spectrum)
        matched[self.sync] = spectrum[self.sync] * self.phases.conj()
        whole = cv2.merge([matched.real, matched.imag])
        whole = cv2.copyMakeBorder(whole, 0, 0, 0, TILE - whole.shape[1], cv2.BORDER_CONSTANT)
        surface = cv2.idft(whole, flags=cv2.DFT_SCALE)[..., 0]  # half of the spectrum gives half of the surface
        deviation = np.sqrt(2) * np.linalg.norm(matched) / TILE**2
        return np.asarray(2 * surface / max(float(deviation), 1e-12), np.float32)


@lru_cache(8)
def carriers(secret: bytes) -> Carriers:
    """Return the carriers of a secret. They are the same on every machine and with every version of NumPy."""
    rows, columns = (axis.ravel() for axis in np.indices((TILE, TILE // 2 + 1)))
    radius = np.hypot(np.minimum(rows, TILE - rows), columns)
    inside = (radius >= LOWEST) & (radius < HIGHEST) & (columns > 0)
    rows, columns = rows[inside], columns[inside]
    random = _numbers(secret, 4 * len(rows)).reshape(4, -1)
    order = np.argsort(random[0], kind="stable")
    half = len(order) // 2
    sync, data = order[:half], order[half:]
    quarter = np.exp(0.5j * np.pi * (random[1][sync] >> 62).astype(np.float64))
    signs = 1 - 2 * np.stack([random[1][data] >> 63, random[2][data] >> 63]).astype(np.float32)
    slots = np.argsort(np.concatenate([random[2][data], random[3][data]]), kind="stable") % CODED
    return Carriers(
        (rows[sync], columns[sync]),
        quarter.astype(np.complex64),
        (rows[data], columns[data]),
        signs,
        slots.reshape(2, -1),
    )


def contrast(grey: Plane) -> tuple[Plane, Plane]:
    """Return a canonical picture without its coarse parts, and its local contrast in grey levels."""
    detail = grey - cv2.blur(grey, (FINE, FINE))
    local = np.sqrt(cv2.blur(detail * detail, (COARSE, COARSE)).clip(0))
    return np.asarray(detail, np.float32), np.asarray(local, np.float32)


def evened(detail: Plane, local: Plane) -> Plane:
    """Return a picture's detail with equal contrast everywhere, so that no part outweighs the others."""
    return np.asarray((detail / (local + FLOOR)).clip(-OUTLIER, OUTLIER), np.float32)


def folded(even: Plane) -> Spectrum:
    """Return the half spectrum of the sum of all tiles, each ring of frequencies with equal power."""
    height, width = even.shape
    rows, columns = -(-height // TILE) * TILE, -(-width // TILE) * TILE
    whole = np.zeros((rows, columns), np.float32)
    whole[:height, :width] = even
    tiles = whole.reshape(rows // TILE, TILE, columns // TILE, TILE).sum(axis=(0, 2))
    spectrum = np.fft.rfft2(tiles)
    rings, counts = _rings()
    power = np.bincount(rings.ravel(), (np.abs(spectrum) ** 2).ravel()) / counts
    spectrum /= np.sqrt(power + 1e-9)[rings]
    size = np.abs(spectrum)
    return np.asarray(spectrum * np.minimum(1, OUTLIER / np.maximum(size, 1e-9)), np.complex64)


def moved(spectrum: Spectrum, top: int, left: int) -> Spectrum:
    """Return the spectrum of a tile whose origin lies at (top, left) of the given one."""
    rows = np.exp(2j * np.pi * top * np.fft.fftfreq(TILE))[:, None]
    columns = np.exp(2j * np.pi * left * np.fft.rfftfreq(TILE))
    return np.asarray(spectrum * rows * columns, np.complex64)


@lru_cache(1)
def _rings() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    radius = np.hypot(np.minimum(np.arange(TILE), TILE - np.arange(TILE))[:, None], np.arange(TILE // 2 + 1))
    rings = (radius / 2).astype(np.int64)
    return rings, np.bincount(rings.ravel())


def _numbers(secret: bytes, count: int) -> NDArray[np.uint64]:
    """Return pseudo-random numbers of 64 bits: HMAC-SHA256 in counter mode."""
    key = hmac.new(secret, b"carriers", sha256).digest()
    blocks = [hmac.new(key, number.to_bytes(4), sha256).digest() for number in range(-(-count // 4))]
    return np.frombuffer(b"".join(blocks), ">u8")[:count].astype(np.uint64)
