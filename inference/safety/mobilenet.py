"""The classifier that ships with Kuotu: the MobileNet of nsfwjs on ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.engine import Pixels
from inference.image.onnx import WEIGHTS, Network
from inference.safety.verdict import Scores, looks


class MobileNet:
    """The MobileNetV2 of nsfwjs (MIT), converted by `scripts/convert_nsfw.py`. It has five classes and 8-bit weights.

    Howard, Sandler et al., «MobileNetV2: Inverted Residuals and Linear Bottlenecks», CVPR 2018.
    """

    name = "mobilenet"

    def __init__(self, weights: Path = WEIGHTS / "nsfw.onnx") -> None:
        self._network = Network(weights)

    def scores(self, pixels: Pixels) -> Scores:
        """Return the highest scores over the whole image and, if it is elongated, squares along its longer side."""
        classes = np.stack([self.classes(look) for look in looks(pixels)])
        _drawing, hentai, _neutral, porn, sexy = classes.T
        return Scores(float((hentai + porn).max()), float(sexy.max()))

    def classes(self, look: Pixels) -> NDArray[np.float32]:
        """Return the probabilities (drawing, hentai, neutral, porn, sexy) of a 224 x 224 image."""
        return self._network(look)
