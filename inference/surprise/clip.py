"""A transformers CLIP model whose image encoder compares what images are about.

It is read from this machine's files.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image
from pydantic import Field

from inference.engine import EngineUnavailable, Pixels
from inference.hub.model import HubModel
from inference.surprise.statistics import Floats, Reason

WORTH: Final = 0.9  # the surprise that this reason alone can reach; chosen by hand
WEIGHTS: Final = ("model.safetensors", "model.safetensors.index.json")

_log = logging.getLogger(__name__)


class ClipChoice(HubModel):
    """The value of KUOTU_SURPRISE, such as `org/name?weight=8&offset=-5`.

    `weight` and `offset` define the logistic curve over the measure «strange». The defaults are chosen by hand: the
    photo's own border hardly counts, and the curve reaches one half when the strangest new piece is 1.8 times as unlike
    the photo as the photo's own pieces are. `python -m benchmarks.surprise --clip …` fits them.
    """

    setting = "KUOTU_SURPRISE"
    purpose = "sees what pictures are about, to guess how surprising a result is"
    command = "kuotu pull --surprise"
    example = "?weight=8&offset=-5"

    weight: float = Field(default=10.0, gt=0, le=100)  # a larger weight makes the curve a step
    offset: float = Field(default=-6.0, ge=-100, le=100)

    @property
    def reason(self) -> Reason:
        """The reason for surprise with this weight and offset."""
        return Reason({"strange": self.weight}, self.offset, WORTH)


@dataclass(frozen=True)
class LocatedClip:
    """A CLIP model on this machine."""

    choice: ClipChoice
    folder: Path

    def __str__(self) -> str:
        """Return a description for operators."""
        return f"{self.folder}; weight {self.choice.weight:g}, offset {self.choice.offset:g}"


def locate(text: str) -> LocatedClip:
    """Find a CLIP model without importing torch. Raises EngineUnavailable with the remedy."""
    choice = ClipChoice.parse(text)
    folder, said = choice.folder(), f"{choice.setting}={choice.model}"
    try:
        kind = json.loads((folder / "config.json").read_text("utf-8"))["model_type"]
    except (OSError, KeyError, TypeError, ValueError):
        raise EngineUnavailable(f"{said}: {folder} has no config.json that says what it is") from None
    if kind != "clip":
        raise EngineUnavailable(f"{said} is a {kind}; name a CLIP, such as openai/clip-vit-large-patch14")
    if not any((folder / name).is_file() for name in WEIGHTS):
        raise EngineUnavailable(
            f"{said}: {folder} has no {WEIGHTS[0]}, and Kuotu loads no pickles; "
            f"run: {choice.command}, or name another CLIP"
        )
    return LocatedClip(choice, folder)


class Clip:
    """The image encoder of a CLIP model.

    It always runs on the CPU, because the GPU's memory is reserved for the engine.
    """

    def __init__(self, text: str) -> None:
        """Load the model. Raises EngineUnavailable with the remedy."""
        located = locate(text)
        self.reason = located.choice.reason
        self._torch: Any = import_module("torch")
        self._model, self._processor = _opened(located)
        _log.info("surprise is guessed with %s at %s", located.choice.model, located)

    def encode(self, pictures: Sequence[Pixels]) -> Floats:
        """Encode images in one batch to (n, width) float32 vectors of unit length.

        Raises ValueError when a vector is not finite.
        """
        shown = self._processor([Image.fromarray(picture) for picture in pictures], return_tensors="pt")
        with self._torch.inference_mode():
            found = self._model.get_image_features(pixel_values=shown["pixel_values"]).pooler_output
            vectors = np.asarray(self._torch.nn.functional.normalize(found, dim=-1).numpy(), np.float32)
        if not np.isfinite(vectors).all():
            raise ValueError("a CLIP gave vectors that are not finite")
        return vectors


def _opened(located: LocatedClip) -> tuple[Any, Any]:
    """Return the model without its text encoder, and the image processor."""
    folder = located.folder
    with located.choice.loading():
        library: Any = import_module("transformers")
        library.utils.logging.disable_progress_bar()
        model, loading = library.CLIPModel.from_pretrained(
            folder, use_safetensors=True, local_files_only=True, output_loading_info=True, dtype="float32"
        )
        if lacking := sorted(loading["missing_keys"]):
            raise ValueError(f"its weights lack {lacking[0]}")
        del model.text_model, model.text_projection
        return model.eval(), library.CLIPImageProcessorPil.from_pretrained(folder, local_files_only=True)
