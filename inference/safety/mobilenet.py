"""The classifier that ships: a MobileNet of nsfwjs on onnxruntime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.engine import Pixels
from inference.image.onnx import WEIGHTS, Network
from inference.safety.verdict import Scores, looks


class MobileNet:
    """The MobileNetV2 of nsfwjs (MIT), converted by `scripts/convert_nsfw.py`: five classes, the weights in 8 bits.

    Howard, Sandler et al., «MobileNetV2: Inverted Residuals and Linear Bottlenecks», CVPR 2018.
    """

    name = "mobilenet"

    def __init__(self, weights: Path = WEIGHTS / "nsfw.onnx") -> None:
        self._network = Network(weights)

    def scores(self, pixels: Pixels) -> Scores:
        """The worst of a look at the whole picture and, when it is longer than wide, at squares along it."""
        classes = np.stack([self.classes(look) for look in looks(pixels)])
        _drawing, hentai, _neutral, porn, sexy = classes.T
        return Scores(float((hentai + porn).max()), float(sexy.max()))

    def classes(self, look: Pixels) -> NDArray[np.float32]:
        """Probabilities (drawing, hentai, neutral, porn, sexy) of a picture of 224 x 224."""
        return self._network(look)
