"""A perceptual hash: 64 bits that hardly change when a picture is scaled or encoded again.

C. Zauner, «Implementation and benchmarking of perceptual image hash functions», 2010: the signs of the lowest
frequencies of a small grey copy, relative to their median.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from inference.engine import Pixels
from inference.marks.canonical import CANONICAL, canonical

SIDE, LOW = 32, 8  # px of the small copy; frequencies per axis
ALIKE: Final = 8  # bits that may differ; two unrelated pictures differ in 32 on average


def fingerprint(pixels: Pixels) -> str:
    """Return the hash in 16 hexadecimal digits."""
    grey = canonical(pixels, CANONICAL / max(pixels.shape))
    low = cv2.dct(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA))[:LOW, :LOW].ravel()
    bits = low > np.median(low[1:])  # the first one is the mean, which says nothing about the picture
    return np.packbits(bits).tobytes().hex()


def distance(one: str, other: str) -> int:
    """Return the number of bits in which two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
