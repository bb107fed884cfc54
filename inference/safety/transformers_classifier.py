"""A transformers image classifier that replaces the shipped one. It is read from this machine's files.

The names of its classes, or the operator's options, tell which classes are explicit or suggestive.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from PIL import Image
from pydantic import field_validator

from inference.engine import EngineUnavailable, Pixels
from inference.hub.model import HubModel
from inference.safety.verdict import Scores, looks

EXPLICIT: Final = {"nsfw", "porn", "porno", "pornography", "pornographic", "hentai", "explicit", "nude", "nudity"}
SUGGESTIVE: Final = {"sexy", "suggestive", "sensual", "racy", "revealing", "lingerie"}
DENIED: Final = {"no", "non", "not"}  # negations: «not_nsfw» is not an explicit class
LOOK: Final = 448  # px a side; the model's own processor shrinks further

_log = logging.getLogger(__name__)


class Classification(HubModel):
    """The value of KUOTU_SAFETY, such as `org/name?explicit=high,medium&suggestive=low`.

    Without the options, the name of a class decides whether it is explicit or suggestive.
    """

    setting = "KUOTU_SAFETY"
    purpose = "classifies photos and results"
    command = "kuotu pull --safety"
    example = "?explicit=high,medium"

    explicit: tuple[str, ...] = ()  # class names
    suggestive: tuple[str, ...] = ()

    @field_validator("explicit", "suggestive", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.split(",")) if isinstance(value, str) else value


@dataclass(frozen=True)
class LocatedClassifier:
    """A classifier on this machine, and the names of its explicit and suggestive classes."""

    folder: Path
    explicit: frozenset[str]
    suggestive: frozenset[str]

    def scores(self, classes: Mapping[str, float]) -> Scores:
        """Return the summed probabilities of the explicit and of the suggestive classes."""
        explicit, suggestive = (sum(classes[name] for name in names) for names in (self.explicit, self.suggestive))
        return Scores(min(1.0, explicit), min(1.0, suggestive))

    def __str__(self) -> str:
        """Return a description for operators."""
        counted = f"explicit: {', '.join(sorted(self.explicit))}"
        return f"{counted}; suggestive: {', '.join(sorted(self.suggestive)) or 'none'}"


def locate(text: str) -> LocatedClassifier:
    """Find a classifier and read its classes without importing torch. Raises EngineUnavailable with the remedy."""
    wanted = Classification.parse(text)
    folder = wanted.folder()
    try:
        classes = json.loads((folder / "config.json").read_text("utf-8"))["id2label"].values()
    except (OSError, KeyError, ValueError):
        raise EngineUnavailable(
            f"KUOTU_SAFETY={wanted.model}: {folder} has no config.json that names classes"
        ) from None
    return _understood(wanted, folder, list(classes))


def _understood(wanted: Classification, folder: Path, classes: list[str]) -> LocatedClassifier:
    if unknown := {*wanted.explicit, *wanted.suggestive} - set(classes):
        raise EngineUnavailable(
            f"KUOTU_SAFETY={wanted.model} has no class {', '.join(sorted(unknown))}; it has {', '.join(classes)}"
        )
    explicit = frozenset(wanted.explicit) or _named(classes, EXPLICIT)
    suggestive = frozenset(wanted.suggestive) or _named(classes, SUGGESTIVE)
    if not explicit:
        raise EngineUnavailable(
            f"KUOTU_SAFETY={wanted.model}: which of its classes ({', '.join(classes)}) are explicit is not clear; "
            f"say it: {wanted.model}?explicit={classes[-1]}"
        )
    return LocatedClassifier(folder, explicit, suggestive - explicit)


def _named(classes: Iterable[str], words: set[str]) -> frozenset[str]:
    named = {name: set(re.split(r"[^a-z]+", name.lower())) for name in classes}
    return frozenset(name for name, found in named.items() if found & words and not found & DENIED)


class TransformersClassifier:
    """A transformers classifier. It always runs on the CPU, because the GPU's memory is reserved for the engine."""

    def __init__(self, text: str) -> None:
        """Load the classifier. Raises EngineUnavailable with the remedy."""
        self._located = locate(text)
        self._choice = Classification.parse(text)
        self.name = self._choice.model
        self._classify = self._opened()
        _log.info("pictures are checked by %s: %s", self.name, self._located)

    def scores(self, pixels: Pixels) -> Scores:
        """Return the highest scores over the whole image and, if it is elongated, squares along its longer side."""
        found = [self._located.scores(classes) for classes in self.classes(looks(pixels, LOOK))]
        return Scores(max(one.explicit for one in found), max(one.suggestive for one in found))

    def classes(self, pictures: Iterable[Pixels]) -> list[dict[str, float]]:
        """Return the probabilities of each image, by class name."""
        answers = self._classify([Image.fromarray(picture) for picture in pictures], top_k=None)
        return [{row["label"]: float(row["score"]) for row in answer} for answer in answers]

    def _opened(self) -> Any:
        folder = self._located.folder
        with self._choice.loading():
            library: Any = import_module("transformers")
            library.utils.logging.disable_progress_bar()
            model = library.AutoModelForImageClassification.from_pretrained(
                folder, use_safetensors=True, local_files_only=True
            )
            processor = library.AutoImageProcessor.from_pretrained(folder, backend="pil", local_files_only=True)
            return library.pipeline("image-classification", model=model, image_processor=processor, device="cpu")
