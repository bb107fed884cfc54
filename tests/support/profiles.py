"""ICC profiles built from the specification of the format (ICC.1:2010, clauses 7 to 10)."""

from __future__ import annotations

from struct import pack

import numpy as np
from numpy.typing import NDArray

D50 = (0.9642, 1.0, 0.8249)
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
DISPLAY_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
Colours = tuple[tuple[float, float, float], ...]  # red, green and blue as XYZ under D50


def rgb_profile(name: str, colours: Colours, gamma: float) -> bytes:
    """Return a matrix profile with three colorants and a power curve."""
    curve = _gamma(gamma)
    return _profile(
        b"RGB ",
        name,
        dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_xyz, colours), strict=True))
        | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    )


def grey_profile(gamma: float) -> bytes:
    return _profile(b"GRAY", "grey", {b"kTRC": _gamma(gamma)})


def to_srgb(rgb: NDArray[np.uint8], colours: Colours, gamma: float) -> NDArray[np.float64]:
    """Convert 8-bit values of such a profile to sRGB without rounding (IEC 61966-2-1), independently of any library."""
    xyz = (rgb / 255.0) ** gamma @ np.array(colours)
    linear = (xyz @ np.linalg.inv(np.array(SRGB))).clip(0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055) * 255


def _profile(space: bytes, name: str, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"desc": _description(name), b"wtpt": _xyz(D50)} | tags
    table, body = pack(">I", len(tags)), b""
    for tag, data in tags.items():
        table += pack(">4sII", tag, 128 + 4 + 12 * len(tags) + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = 128 + len(table) + len(body)
    head = pack(">I4sI4s4s4s", size, b"", 0x02400000, b"mntr", space, b"XYZ ") + bytes(12) + b"acsp" + bytes(28)
    return head + _xyz(D50)[8:] + bytes(48) + table + body


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + pack(">3i", *(round(value * 65536) for value in values))


def _gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + pack(">IH", 1, round(value * 256))


def _description(name: str) -> bytes:
    text = name.encode() + b"\0"
    return b"desc\0\0\0\0" + pack(">I", len(text)) + text + bytes(11 + 67)
