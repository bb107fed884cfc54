"""What a file says about its origin: the steps that made it, and what no step changed."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np

from inference.canvas import Box
from inference.engine import EngineName, Pixels
from inference.image.upscale import NAME as UPSCALE

_IPTC: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"


class Nature(StrEnum):
    """The kind of source of a picture, as IPTC's vocabulary of digital source types names it; the strongest last."""

    ENHANCED = f"{_IPTC}algorithmicallyEnhanced"  # a photo that was only enlarged
    SYNTHETIC = f"{_IPTC}compositeSynthetic"  # a photo, and parts that an algorithm without a model made
    TRAINED = f"{_IPTC}compositeWithTrainedAlgorithmicMedia"  # a photo, and parts that a trained model made


@dataclass(frozen=True)
class Step:
    """One expansion: the rectangle that its source occupies in the finished picture, and how the rest was made."""

    box: Box
    zoom: int  # each pixel of the source is this many pixels wide and high in the picture
    sha256: str  # of the source's pixels, by `pixel_hash`; empty where it was not recorded
    engine: str
    preset: str = ""
    version: str = ""

    @property
    def nature(self) -> Nature:
        """The kind of source that this step makes of a photo."""
        if self.engine == UPSCALE:
            return Nature.ENHANCED
        return Nature.SYNTHETIC if self.engine == EngineName.PATCHMATCH else Nature.TRAINED


@dataclass(frozen=True)
class Origin:
    """How a picture came to be, from the first photo to the last step."""

    number: str  # identifies the expansion: the watermark's payload in hexadecimal digits
    steps: tuple[Step, ...]

    @property
    def nature(self) -> Nature:
        """The strongest nature among the steps."""
        order = list(Nature)
        return max((step.nature for step in self.steps), key=order.index, default=Nature.ENHANCED)

    def to_json(self) -> dict[str, Any]:
        """Return the assertion of the manifest. Rectangles are objects, because C2PA reads short lists as bytes."""
        steps = [asdict(step) | {"box": step.box._asdict()} for step in self.steps]
        return {"number": self.number, "steps": steps}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Origin:
        """Read the assertion. Raises ValueError for one of another form."""
        try:
            steps = tuple(Step(**step | {"box": Box(**step["box"])}) for step in values["steps"])
            return cls(str(values["number"]), steps)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"the origin is not of the known form: {error}") from error


def pixel_hash(pixels: Pixels) -> str:
    """Return the SHA-256 of an image's size and pixels, row by row, in hexadecimal digits."""
    height, width = pixels.shape[:2]
    digest = hashlib.sha256(f"{width}x{height}\n".encode())
    if pixels.flags.c_contiguous:
        digest.update(pixels.data)
    else:
        for top in range(0, height, 256):
            digest.update(np.ascontiguousarray(pixels[top : top + 256]).data)
    return digest.hexdigest()
