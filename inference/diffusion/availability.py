"""What this machine has of what the engine with weights needs, and which engine that makes the right one.

Asked in order of cost: torch is imported only where the libraries and the model are there already, or for a doctor.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec

from inference.diffusion.offload import Card
from inference.diffusion.presets import Preset
from inference.engine import EngineName, EngineUnavailable

LIBRARIES = ("torch", "diffusers", "transformers", "accelerate", "peft", "huggingface_hub", "psutil")


@dataclass(frozen=True)
class Facts:
    missing: tuple[str, ...] = ()  # libraries of the extra
    problem: str = ""  # why the model cannot be opened; empty when it can
    revision: str = ""  # of the model that is here
    card: Card | None = None  # what computes; None when nobody asked
    preset: Preset | None = None  # what the model is asked as; None when nobody knows
    torch: str = ""  # its version, and the CUDA it was built for
    nf4: bool = False  # whether models can be made into 4 bits
    token: bool = False  # whether the operator has one for the hub
    disk: float | None = None  # GB free where downloads are kept; None when nobody asked
    memory: float | None = None  # GiB free of main memory, likewise


def missing_libraries() -> tuple[str, ...]:
    """Those of the extra [diffusion] that are not installed."""
    return tuple(library for library in LIBRARIES if find_spec(library) is None)


def gather(model: str) -> Facts:
    """The facts about KUOTU_MODEL on this machine that choose an engine; of the card only when the model is here."""
    if missing := missing_libraries():
        return Facts(missing)
    from inference.diffusion.checkpoint import find
    from inference.diffusion.model_spec import parse_choice

    try:
        choice = parse_choice(model)
        revision = find(choice).revision
    except EngineUnavailable as reason:
        return Facts(problem=str(reason))
    from inference.diffusion.device import find_card

    try:
        return Facts(revision=revision, card=find_card(choice.device))
    except EngineUnavailable as reason:
        return Facts(problem=str(reason), revision=revision)


def examine(model: str, *, token: bool = False) -> Facts:
    """All facts about KUOTU_MODEL on this machine, for its doctor."""
    if missing := missing_libraries():
        return Facts(missing)
    from inference.diffusion.checkpoint import resolve
    from inference.diffusion.device import built_for, find_card, free_memory
    from inference.diffusion.model_spec import parse_choice
    from inference.hub.repository import cache_of, free_space

    choice, facts = parse_choice(model), gather(model)
    with suppress(EngineUnavailable):
        facts = replace(facts, card=facts.card or find_card(choice.device))
    with suppress(EngineUnavailable):
        facts = replace(facts, preset=resolve(choice)[1])
    return replace(
        facts,
        torch=built_for(),
        nf4=find_spec("bitsandbytes") is not None,
        token=token,
        disk=free_space(cache_of(choice.cache)) / 1e9,
        memory=free_memory(),
    )


def suitable(facts: Facts) -> EngineName:
    """Diffusion where the libraries, the model and a card are; else the engine without weights."""
    ready = not facts.missing and not facts.problem and facts.card is not None and facts.card.accelerates
    return EngineName.DIFFUSION if ready else EngineName.PATCHMATCH
