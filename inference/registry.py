"""Opens engines, classifiers and guesses of surprise by name; heavy libraries are imported only when chosen."""

from __future__ import annotations

from inference.engine import Engine, EngineName, EngineUnavailable
from inference.safety.mobilenet import MobileNet
from inference.safety.verdict import SHIPPED, Classifier
from inference.surprise.semantic import STATISTICS, Guess, MeaningGuess
from inference.surprise.statistics import surprise


def open_engine(name: EngineName, model: str = "") -> Engine:
    """Open an engine by name; its libraries are imported only now. Raises EngineUnavailable with the remedy."""
    match name:
        case EngineName.PATCHMATCH:
            from inference.patchmatch.engine import PatchMatch

            return PatchMatch()
        case EngineName.DIFFUSION:
            return _open_diffusion(model)
        case EngineName.AUTO:
            from inference.diffusion.availability import gather, suitable

            return open_engine(suitable(gather(model)), model)


def _open_diffusion(model: str) -> Engine:
    try:
        from inference.diffusion.engine import open_diffusion
    except ModuleNotFoundError as error:
        raise EngineUnavailable(
            f"KUOTU_ENGINE=diffusion needs {error.name}: .venv/bin/pip install -c constraints.txt -e '.[diffusion]'"
        ) from error
    return open_diffusion(model)


def open_classifier(name: str = SHIPPED) -> Classifier:
    """The classifier that KUOTU_SAFETY names; its libraries are imported only now. Raises EngineUnavailable."""
    if name == SHIPPED:
        return MobileNet()
    try:
        from inference.safety.transformers_classifier import TransformersClassifier

        return TransformersClassifier(name)
    except ModuleNotFoundError as error:
        raise EngineUnavailable(
            f"KUOTU_SAFETY={name} needs {error.name}: .venv/bin/pip install -c constraints.txt -e '.[diffusion]'"
        ) from error


def open_guess(name: str = STATISTICS) -> Guess:
    """What KUOTU_SURPRISE names; its libraries are imported only now. Raises EngineUnavailable with the remedy."""
    if name == STATISTICS:
        return surprise
    try:
        from inference.surprise.clip import Clip

        clip = Clip(name)
    except ModuleNotFoundError as error:
        raise EngineUnavailable(
            f"KUOTU_SURPRISE={name} needs {error.name}: .venv/bin/pip install -c constraints.txt -e '.[diffusion]'"
        ) from error
    return MeaningGuess(clip.encode, clip.reason)
