"""RGB colour spaces that are defined by code points (ITU-T H.273) or by a gamma and chromaticities.

Values are decoded to light, where 1 is reference white and PQ and HLG exceed it. Light above 1 is tone mapped to the
screen's range. Then the light is converted to the primaries of sRGB, clipped, and encoded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.image.tone_map import WHITE_NITS, ToneMap

Floats: TypeAlias = NDArray[np.float32]
Point: TypeAlias = tuple[float, float]
Primaries: TypeAlias = tuple[Point, Point, Point, Point]  # CIE 1931 x and y of red, green, blue and white
Transfer: TypeAlias = Callable[[Floats], Floats]  # code values, 0 to 1, to light

PQ_NITS: Final = 10_000.0
HLG_NITS: Final = 1_000.0  # peak of the display to which BT.2100's system gamma of 1.2 belongs
HLG_LUMINANCE: Final = np.array([0.2627, 0.6780, 0.0593], np.float32)  # BT.2100, table 5
_D65: Final = (0.3127, 0.3290)
_709: Final[Primaries] = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65)
_BRADFORD: Final = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_STEPS: Final = 1 << 16  # entries of the table that encodes light


@dataclass(frozen=True)
class RgbSpace:
    """The meaning of an image's code values."""

    primaries: Primaries
    transfer: Transfer
    hybrid: bool = False  # HLG: values are scene light, which the display's gamma converts to display light
    peak: float | None = None  # nits of the brightest pixel according to the file, for values beyond white

    @property
    def is_hdr(self) -> bool:
        """Whether the transfer function is PQ or HLG."""
        return self.hybrid or self.transfer is _pq

    def nits(self, code: float) -> float:
        """Return the nits of a grey with a code value from 0 to 1."""
        light = float(self.transfer(np.array([code], np.float32))[0])
        return HLG_NITS * light**1.2 if self.hybrid else light * WHITE_NITS


class ToSrgb:
    """Converts strips of an image, whose brightest code value is `brightest` (0 to 1), to 8-bit sRGB."""

    def __init__(self, space: RgbSpace, brightest: float) -> None:
        self._space = space
        self._matrix = (np.linalg.inv(to_xyz(_709)) @ _adapted(space.primaries) @ to_xyz(space.primaries)).astype(
            np.float32
        )
        self._tones = ToneMap(max(space.peak or HLG_NITS, space.nits(brightest))) if space.is_hdr else None
        self._light: dict[int, Floats] = {}

    def __call__(self, codes: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.uint8]:
        """Convert (height, width, 3) of 8 or 16 bits to 8 bits."""
        light = self._table(codes.dtype)[codes]
        if self._space.hybrid:
            light *= (HLG_NITS / WHITE_NITS) * np.maximum(light @ HLG_LUMINANCE, 1e-9)[..., None] ** np.float32(0.2)
        if self._tones is not None:
            self._tones.apply(light)
        shown = np.asarray(cv2.transform(light, self._matrix))
        steps = np.rint(np.clip(shown, 0, 1) * (_STEPS - 1)).astype(np.uint16)
        return np.asarray(_encoding()[steps])

    def _table(self, kind: np.dtype[np.uint8] | np.dtype[np.uint16]) -> Floats:
        """Return the light of every code value of 8 or 16 bits."""
        most = int(np.iinfo(kind).max)
        if most not in self._light:
            self._light[most] = self._space.transfer(np.linspace(0, 1, most + 1, dtype=np.float32)).astype(np.float32)
        return self._light[most]


def from_code_points(primaries: int, transfer: int, peak: float | None = None) -> RgbSpace | None:
    """Return the space of H.273 code points, or None for unspecified and unknown ones."""
    if primaries not in _PRIMARIES or transfer not in _TRANSFERS:
        return None
    return RgbSpace(_PRIMARIES[primaries], _TRANSFERS[transfer], hybrid=transfer == HLG, peak=peak)


def from_still(primaries: int, transfer: int) -> RgbSpace | None:
    """Return the space of a HEIC's or AVIF's nclx box, or None when it specifies nothing.

    The box is interpreted as browsers do: cameras and encoders write the code points of BT.709 but mean sRGB, and
    unspecified values are those of sRGB.
    """
    if primaries == transfer == UNSPECIFIED:
        return None
    meant = SRGB_CURVE if transfer == UNSPECIFIED or _TRANSFERS.get(transfer) is _VIDEO else transfer
    return from_code_points(1 if primaries == UNSPECIFIED else primaries, meant)


def from_gamma(gamma: float, primaries: Primaries | None = None) -> RgbSpace | None:
    """Return the space of a PNG's gAMA and optional cHRM chunks, or None when the primaries span no colours.

    Many programs write a gamma of 1/2.2 without chromaticities when they mean sRGB.
    """
    if primaries is None:
        return SRGB if abs(gamma * 2.2 - 1) < 0.05 else RgbSpace(_709, partial(_power, 1 / gamma))
    if min(y for _, y in primaries) <= 0 or abs(np.linalg.det(_columns(primaries))) < 1e-4:
        return None
    return RgbSpace(primaries, partial(_power, 1 / gamma))


def to_xyz(primaries: Primaries) -> NDArray[np.float64]:
    """Return the matrix from linear RGB to CIE XYZ, where white has Y = 1."""
    columns, (x, y) = _columns(primaries), primaries[3]
    return columns * np.linalg.solve(columns, [x / y, 1, (1 - x - y) / y])


def _columns(primaries: Primaries) -> NDArray[np.float64]:
    return np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries[:3]]).T


def _adapted(primaries: Primaries) -> NDArray[np.float64]:
    """Return the Bradford matrix that adapts the space's white to D65."""
    cones = [_BRADFORD @ (x / y, 1, (1 - x - y) / y) for x, y in (primaries[3], _D65)]
    return np.asarray(np.linalg.inv(_BRADFORD) @ np.diag(cones[1] / cones[0]) @ _BRADFORD)


def _power(exponent: float, code: Floats) -> Floats:
    return np.asarray(code**exponent, np.float32)


def _srgb(code: Floats) -> Floats:
    """Return the light of sRGB code values (IEC 61966-2-1)."""
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _pq(code: Floats) -> Floats:
    """Return the light of PQ code values (SMPTE ST 2084), relative to reference white."""
    power = code.astype(np.float64) ** (1 / 78.84375)
    light = (np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125)
    return (light * PQ_NITS / WHITE_NITS).astype(np.float32)


def _hlg(code: Floats) -> Floats:
    """Return scene light, 0 to 1, by the inverse of BT.2100's HLG camera curve."""
    high = (np.exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12
    return np.where(code <= 0.5, code**2 / 3, high).astype(np.float32)


def _same(code: Floats) -> Floats:
    return code


@cache
def _encoding() -> NDArray[np.uint8]:
    light = np.linspace(0, 1, _STEPS)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(encoded * 255), np.uint8)


UNSPECIFIED, SRGB_CURVE, HLG = 2, 13, 18
_VIDEO: Final = partial(_power, 2.4)  # BT.1886, the display curve for BT.709, BT.601 and BT.2020
_PRIMARIES: Final[dict[int, Primaries]] = {  # H.273, table 2
    1: _709,
    4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), (0.310, 0.316)),
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
}
_TRANSFERS: Final[dict[int, Transfer]] = {  # H.273, table 3
    1: _VIDEO,
    4: partial(_power, 2.2),
    5: partial(_power, 2.8),
    6: _VIDEO,
    8: _same,
    SRGB_CURVE: _srgb,
    14: _VIDEO,
    15: _VIDEO,
    16: _pq,
    HLG: _hlg,
}
SRGB: Final = RgbSpace(_709, _srgb)
