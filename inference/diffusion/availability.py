"""Finds out what this machine offers of the diffusion engine's requirements, and which engine suits it.

The facts are gathered in order of cost: torch is imported only when the libraries and the model are present, or for
the doctor.
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
    """What is known about the diffusion engine's requirements on this machine."""

    missing: tuple[str, ...] = ()  # libraries of the extra that are not installed
    problem: str = ""  # why the model cannot be opened; empty when it can
    revision: str = ""  # revision of the downloaded model
    card: Card | None = None  # the device that computes; None when it was not examined
    preset: Preset | None = None  # the preset that the model is run with; None when it is unknown
    torch: str = ""  # torch's version, and the CUDA version it was built for
    nf4: bool = False  # whether models can be quantised to 4 bits
    token: bool = False  # whether the operator has an access token for the hub
    disk: float | None = None  # GB free where downloads are kept; None when it was not examined
    memory: float | None = None  # GiB of free main memory; None when it was not examined


def missing_libraries() -> tuple[str, ...]:
    """Return the libraries of the extra [diffusion] that are not installed."""
    return tuple(library for library in LIBRARIES if find_spec(library) is None)


def gather(model: str) -> Facts:
    """Gather the facts about KUOTU_MODEL that decide which engine to use.

    The card is examined only when the model is on this machine.
    """
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
    """Gather all facts about KUOTU_MODEL on this machine, for `kuotu doctor`."""
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
    """Return DIFFUSION when the libraries, the model and a GPU are present, and PATCHMATCH otherwise."""
    ready = not facts.missing and not facts.problem and facts.card is not None and facts.card.accelerates
    return EngineName.DIFFUSION if ready else EngineName.PATCHMATCH
