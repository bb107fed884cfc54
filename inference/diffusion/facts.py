"""What this machine has of what the engine with weights needs, and which engine that makes the right one.

Asked in order of cost: torch is imported only where the libraries and the model are there already.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from inference.diffusion.memory import Card
from inference.engine import EngineName, EngineUnavailable

LIBRARIES = ("torch", "diffusers", "transformers", "accelerate", "peft", "huggingface_hub")


@dataclass(frozen=True)
class Facts:
    missing: tuple[str, ...]  # libraries of the extra
    model: str  # why the model cannot be opened; empty when it can
    card: Card | None  # what computes; None when nobody asked, because something else was missing


def gather(model: str) -> Facts:
    """The facts about KUOTU_MODEL on this machine."""
    missing = tuple(library for library in LIBRARIES if find_spec(library) is None)
    if missing:
        return Facts(missing, "", None)
    from inference.diffusion.checkpoint import find
    from inference.diffusion.choice import parse_choice

    try:
        choice = parse_choice(model)
        find(choice)
        from inference.diffusion.card import find_card

        return Facts((), "", find_card(choice.device))
    except EngineUnavailable as reason:
        return Facts((), str(reason), None)


def suitable(facts: Facts) -> EngineName:
    """Diffusion where the libraries, the model and a card are; else the engine without weights."""
    ready = not facts.missing and not facts.model and facts.card is not None and facts.card.accelerates
    return EngineName.DIFFUSION if ready else EngineName.PATCHMATCH
