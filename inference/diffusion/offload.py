"""How a model's weights share a card's memory. Pure: the card's facts come in, a mode goes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from inference.engine import EngineUnavailable


class Mode(StrEnum):
    """From fast to frugal."""

    RESIDENT = "resident"  # everything stays on the card
    FP8 = "fp8"  # stays there too, the denoiser's weights as 8-bit floats, widened layer by layer
    OFFLOAD = "offload"  # one component at a time visits the card
    GROUP = "group"  # one group of layers at a time


@dataclass(frozen=True)
class Card:
    """What computes."""

    device: str  # as torch names it: cuda:0, mps, cpu
    name: str
    total: float  # GiB
    free: float  # GiB
    fp8: bool = True  # whether it can hold 8-bit floats and widen them; Apple's cannot

    @property
    def accelerates(self) -> bool:
        return not self.device.startswith("cpu")


def choose(needs: Mapping[Mode, float], card: Card, forced: Mode | None = None) -> Mode:
    """The first mode, fastest first, that fits what is free; without a card, plain memory. Raises EngineUnavailable.

    `needs` is GiB by mode. A forced mode is taken at its word, if the card can do it.
    """
    if forced is Mode.FP8 and not card.fp8:
        raise EngineUnavailable(f"{card.name} has no 8-bit floats: memory=fp8 cannot work there; leave the mode out")
    if forced:
        return forced
    if not card.accelerates:
        return Mode.RESIDENT
    possible = possible_on(card, needs)
    for mode, need in possible.items():
        if need <= card.free:
            return mode
    least = min(possible.values())
    raise EngineUnavailable(
        f"{card.name} has {card.free:.1f} of {card.total:.1f} GiB free and the model needs {least:g} at least; "
        "choose a smaller preset (kuotu doctor lists them), or force a mode with KUOTU_MODEL=…?memory=group"
    )


def possible_on(card: Card, needs: Mapping[Mode, float]) -> Mapping[Mode, float]:
    """The modes that the card can do at all, with what they need."""
    return {mode: need for mode, need in needs.items() if card.fp8 or mode is not Mode.FP8}


def next_mode(needs: Mapping[Mode, float], mode: Mode) -> Mode | None:
    """The fastest mode that needs less than `mode` does; None when none does, or nobody knows what `mode` needs."""
    limit = needs.get(mode, 0.0)
    return next((other for other, need in needs.items() if need < limit), None)
