"""Describes the scenery of photos in words, for the prompts of models that paint better when they are told the scene.

Florence-2 (Xiao et al., «Florence-2: Advancing a Unified Representation for a Variety of Vision Tasks», 2023) runs on
the processor, so that it takes nothing of the card.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import numpy as np
import torch
from PIL import Image
from transformers import Florence2ForConditionalGeneration, Florence2Processor

from inference.diffusion.backdrop import backdrop
from inference.diffusion.checkpoint import Checkpoint
from inference.engine import EngineUnavailable, Pixels, Report
from inference.subject.memory import fingerprint

TASK: Final = "<DETAILED_CAPTION>"
LONGEST: Final = 64  # tokens of a caption, about three sentences
LARGEST: Final = 768  # px; what the model sees of a photo
PHOTOS: Final = 64  # photos whose scenery is kept

_log = logging.getLogger(__name__)


class Captions(Protocol):
    """Tells what is in a photo."""

    def __call__(self, photo: Pixels, report: Report) -> str:
        """Return a caption in English. `report` is called while it is written, and may raise Cancelled."""
        ...


class Captioner:
    """The model, on the processor. It writes the same caption for the same photo."""

    def __init__(self, folder: Path) -> None:
        """Load the model. Raises OSError and others when a file is missing or damaged."""
        self._processor: Any = Florence2Processor.from_pretrained(folder, local_files_only=True)
        self._model: Any = Florence2ForConditionalGeneration.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=torch.float32
        )

    def __call__(self, photo: Pixels, report: Report) -> str:
        given = self._processor(text=TASK, images=Image.fromarray(_shrunk(photo)), return_tensors="pt")
        written = self._model.generate(
            **given, max_new_tokens=LONGEST, num_beams=1, do_sample=False, streamer=_Told(lambda: report(0.0))
        )
        return str(self._processor.batch_decode(written, skip_special_tokens=True)[0])


class Scenery:
    """The scenery of the latest photos. A photo is captioned once, however often it is expanded."""

    def __init__(self, captions: Captions) -> None:
        self._captions, self._kept = captions, OrderedDict[bytes, str]()

    def of(self, photo: Pixels, report: Report) -> str:
        """Return what `backdrop` keeps of the photo's caption."""
        key = fingerprint(photo)
        if key not in self._kept:
            self._kept[key] = backdrop(self._captions(photo, report))
            while len(self._kept) > PHOTOS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def open_scenery(checkpoint: Checkpoint) -> Scenery | None:
    """Load the captioner that the preset asks for. When it was not downloaded, prompts do without the scenery.

    Raises EngineUnavailable when its files cannot be loaded.
    """
    repository = checkpoint.preset.captioner
    if not checkpoint.preset.captions:
        return None
    if checkpoint.captioner is None:
        remedy = f"{repository.repo} is not on this machine; run: kuotu pull {checkpoint.name}"
        _log.warning("prompts do without the photo's scenery: %s", remedy)
        return None
    try:
        return Scenery(Captioner(checkpoint.captioner))
    except Exception as error:
        _log.exception("loading %s from %s failed", repository.repo, checkpoint.captioner)
        reason = str(error).strip().split("\n")[0]
        told = f"{repository.repo} cannot be loaded ({reason}); run: kuotu pull {checkpoint.name}"
        raise EngineUnavailable(told) from error


class _Told:
    """What `generate` calls a streamer: it is told of every token."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell

    def put(self, _token: Any) -> None:
        self._tell()

    def end(self) -> None:
        pass


def _shrunk(photo: Pixels) -> Pixels:
    """Return a photo no larger than the model sees it; its processor takes seconds to reduce a large one."""
    scale = LARGEST / max(photo.shape[:2])
    if scale >= 1:
        return photo
    size = max(1, round(photo.shape[1] * scale)), max(1, round(photo.shape[0] * scale))
    return np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.uint8)
