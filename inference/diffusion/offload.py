"""Chooses the memory mode of a model's weights from the card's memory. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from inference.engine import EngineUnavailable


class Mode(StrEnum):
    """Memory modes, from the fastest to the most frugal."""

    RESIDENT = "resident"  # everything stays on the card
    FP8 = "fp8"  # everything stays on the card; the denoiser's weights are 8-bit floats, widened layer by layer
    OFFLOAD = "offload"  # one component at a time is on the card
    GROUP = "group"  # one group of layers at a time is on the card


@dataclass(frozen=True)
class Card:
    """The device that computes, and its memory."""

    device: str  # torch's name: cuda:0, mps, cpu
    name: str
    total: float  # GiB
    free: float  # GiB
    fp8: bool = True  # whether it can hold 8-bit floats and widen them; Apple's GPUs cannot

    @property
    def accelerates(self) -> bool:
        """Whether the device is a GPU."""
        return not self.device.startswith("cpu")


def choose(needs: Mapping[Mode, float], card: Card, forced: Mode | None = None) -> Mode:
    """Return the fastest mode that fits into the free memory; without a GPU, RESIDENT. Raises EngineUnavailable.

    `needs` is in GiB by mode. A forced mode is returned without a check of memory, if the card supports it.
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
    """Return the needs of the modes that the card supports."""
    return {mode: need for mode, need in needs.items() if card.fp8 or mode is not Mode.FP8}


def next_mode(needs: Mapping[Mode, float], mode: Mode) -> Mode | None:
    """Return the fastest mode that needs less memory than `mode`.

    The result is None when there is no such mode, or when the need of `mode` is unknown.
    """
    limit = needs.get(mode, 0.0)
    return next((other for other, need in needs.items() if need < limit), None)
