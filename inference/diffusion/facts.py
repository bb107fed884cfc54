"""What this machine has of what the engine with weights needs, and which engine that makes the right one.

Asked in order of cost: torch is imported only where the libraries and the model are there already, or for a doctor.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from inference.diffusion.memory import Card
from inference.engine import EngineName, EngineUnavailable

LIBRARIES = ("torch", "diffusers", "transformers", "accelerate", "peft", "huggingface_hub", "psutil")


@dataclass(frozen=True)
class Facts:
    missing: tuple[str, ...] = ()  # libraries of the extra
    problem: str = ""  # why the model cannot be opened; empty when it can
    revision: str = ""  # of the model that is here
    card: Card | None = None  # what computes; None when nobody asked


def missing_libraries() -> tuple[str, ...]:
    """Those of the extra [diffusion] that are not installed."""
    return tuple(library for library in LIBRARIES if find_spec(library) is None)


def gather(model: str, *, thorough: bool = False) -> Facts:
    """The facts about KUOTU_MODEL on this machine; `thorough` asks for the card even when the model is missing."""
    if missing := missing_libraries():
        return Facts(missing)
    from inference.diffusion.checkpoint import find
    from inference.diffusion.choice import Choice, parse_choice

    choice, problem, revision = Choice(), "", ""
    try:
        choice = parse_choice(model)
        revision = find(choice).revision
    except EngineUnavailable as reason:
        problem = str(reason)
    if problem and not thorough:
        return Facts(problem=problem)
    from inference.diffusion.card import find_card

    try:
        return Facts((), problem, revision, find_card(choice.device))
    except EngineUnavailable as reason:
        return Facts((), problem or str(reason), revision)


def suitable(facts: Facts) -> EngineName:
    """Diffusion where the libraries, the model and a card are; else the engine without weights."""
    ready = not facts.missing and not facts.problem and facts.card is not None and facts.card.accelerates
    return EngineName.DIFFUSION if ready else EngineName.PATCHMATCH
