"""Maps light beyond white to the range of a screen without HDR.

The curve is the reference white tone mapping operator of SMPTE ST 2094-50 for a screen without headroom, which Chromium
uses as well. Up to white it is a constant factor. From white to the peak it is a quadratic Bézier curve that starts
with the same slope and ends at the screen's white. The curve is strictly increasing, so tones keep their order and none
is clipped. It is evaluated for the largest of red, green and blue and scales the others equally, so hues are preserved.
"""

from __future__ import annotations

from math import log2
from typing import Final

import numpy as np
from numpy.typing import NDArray

WHITE_NITS: Final = 203.0  # reference white of an HDR image (ITU-R BT.2408)
_FULL_HEADROOM: Final = log2(1000 / WHITE_NITS)  # headroom from which white is mapped to half of the screen's light
_BEND: Final = 0.65  # position of the Bézier curve's middle point between white and peak


class ToneMap:
    """The tone curve for images whose brightest pixel has `peak` nits."""

    def __init__(self, peak: float) -> None:
        self._peak = peak / WHITE_NITS
        headroom = max(0.0, log2(max(self._peak, 1e-6)))
        self._white = 1 - 0.5 * min(1.0, headroom / _FULL_HEADROOM)

    def apply(self, light: NDArray[np.float32]) -> None:
        """Map linear RGB of shape (…, 3) in place."""
        brightest = np.maximum(light.max(axis=-1), 1e-9)
        light *= (self(brightest) / brightest)[..., None]

    def __call__(self, light: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the displayed light, 0 to 1, of light relative to white."""
        if self._peak <= 1:
            return np.minimum(light, 1)
        shown = light * np.float32(self._white)
        beyond = light > 1
        if beyond.any():
            shown[beyond] = self._shoulder(np.minimum(light[beyond], self._peak))
        return shown

    def _shoulder(self, light: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the Bézier curve from (1, white) through its control point to (peak, 1), solved for its parameter."""
        middle = 1 + _BEND * (1 / self._white - 1), self._white + _BEND * (1 - self._white)
        a, b, c = 1 - 2 * middle[0] + self._peak, 2 * middle[0] - 2, 1 - light.astype(np.float64)
        t = -2 * c / (b + np.sqrt(np.maximum(b * b - 4 * a * c, 0)))
        return ((1 - t) ** 2 * self._white + 2 * t * (1 - t) * middle[1] + t * t).astype(np.float32)
