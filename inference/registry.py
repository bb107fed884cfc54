"""Opens engines, classifiers and surprise guesses by name. Heavy libraries are imported only when they are chosen."""

from __future__ import annotations

from pathlib import Path

from inference.casting import EngineChoice
from inference.engine import Engine, EngineName, EngineUnavailable, Reads
from inference.safety.mobilenet import MobileNet
from inference.safety.verdict import SHIPPED, Classifier
from inference.surprise.semantic import STATISTICS, Guess, MeaningGuess
from inference.surprise.statistics import surprise


def open_engine(name: EngineName, model: str = "", guests: str = "") -> Engine:
    """Open an engine by name, and import its libraries now.

    `guests` is a folder of transparent images, which only the engine without a model uses. Raises EngineUnavailable
    with the remedy.
    """
    match name:
        case EngineName.PATCHMATCH:
            from inference.patchmatch.engine import PatchMatch

            return PatchMatch(guests=Path(guests) if guests else None)
        case EngineName.DIFFUSION:
            return _open_diffusion(model)
        case EngineName.AUTO:
            chosen = resolved(EngineChoice(name, model))
            return open_engine(chosen.name, chosen.model, guests)


def resolved(choice: EngineChoice) -> EngineChoice:
    """Return the engine that auto stands for on this machine. Any other choice is returned unchanged."""
    if choice.name is not EngineName.AUTO:
        return choice
    from inference.diffusion.availability import gather, suitable

    name = suitable(gather(choice.model))
    return EngineChoice(name, choice.model if name is EngineName.DIFFUSION else "")


def read_by(name: EngineName, model: str = "") -> Reads:
    """Return what an engine reads, without opening it, for a program that leaves the work to others.

    A model that no preset describes is taken to read everything, so that nobody is warned in vain.
    """
    if name is not EngineName.DIFFUSION:
        return Reads.NOTHING
    from inference.diffusion.model_spec import parse_choice
    from inference.diffusion.presets import load_presets

    try:
        choice = parse_choice(model)
        return load_presets(choice.presets)[choice.like or choice.model].reads
    except (KeyError, EngineUnavailable):
        return Reads.ENGLISH_AND_CHINESE


def _open_diffusion(model: str) -> Engine:
    try:
        from inference.diffusion.engine import open_diffusion
    except ModuleNotFoundError as error:
        raise EngineUnavailable(
            f"KUOTU_ENGINE=diffusion needs {error.name}: .venv/bin/pip install -c constraints.txt -e '.[diffusion]'"
        ) from error
    return open_diffusion(model)


def open_classifier(name: str = SHIPPED) -> Classifier:
    """Open the classifier that KUOTU_SAFETY names, and import its libraries now. Raises EngineUnavailable."""
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
    """Open the surprise guess that KUOTU_SURPRISE names, and import its libraries now.

    Raises EngineUnavailable with the remedy.
    """
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
