"""What an engine is, what it is asked, and how one is opened by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent, Margins

Pixels: TypeAlias = NDArray[np.uint8]
"""(height, width, 3) 8-bit sRGB."""

Report: TypeAlias = Callable[[float], None]
"""Called by an engine with the fraction done, 0 to 1. May raise Cancelled, which an engine lets through."""

Recipe: TypeAlias = Mapping[str, Any]
"""What a canvas depends on besides its request, as JSON values that are kept with it: preset, revision, sizes,
versions; and under `words` the ids of those that the style drew."""


class Style(StrEnum):
    """How far the new part may stray."""

    FAITHFUL = "faithful"
    PLAYFUL = "playful"
    WILD = "wild"


class EngineName(StrEnum):
    AUTO = "auto"
    PATCHMATCH = "patchmatch"
    DIFFUSION = "diffusion"


@dataclass(frozen=True, eq=False)
class Request:
    """One outpainting, whole: a reroll is `dataclasses.replace(request, seed=…)`."""

    photo: Pixels
    margins: Margins
    style: Style = Style.FAITHFUL
    seed: int = 0  # 0 to 2**31 - 1
    prompt: str = ""
    beside: tuple[int, ...] = ()  # seeds that the same will be asked for next; they change when it is painted, not what
    judged: bool = True  # whether an engine refuses what it finds unfit; off for models that are not trained

    @property
    def extent(self) -> Extent:
        return Extent.of(self.photo)


@dataclass(frozen=True, eq=False)
class Painted:
    """A canvas, and what it depends on besides its request."""

    pixels: Pixels
    recipe: Recipe


class Cancelled(Exception):
    """The person who asked no longer wants the expansion."""


class EngineError(Exception):
    """An expansion failed; trying again may help. The text is for the operator."""


class EngineUnavailable(Exception):
    """An engine cannot be opened here; the text names what is missing and how to get it."""


class Engine(Protocol):
    """Turns a request into a canvas of `request.margins.canvas(request.extent)`, the photo bit for bit in its place.

    The same request gives the same bytes, whoever else is being served.
    """

    name: str
    reads_words: bool  # whether a prompt changes anything
    devices: int  # how many of it this machine can run at once: one a core, or one a card

    def expand(self, request: Request, report: Report) -> Painted: ...


def ignore(_fraction: float) -> None:
    """A Report for those who do not wait."""


def versions(*libraries: str) -> str:
    """«numpy=2.4.6 numba=0.63»"""
    return " ".join(f"{library}={version(library)}" for library in libraries)


def part(report: Report, start: float, end: float) -> Report:
    """Return a Report for a piece of work that takes another one from `start` to `end`."""
    return lambda fraction: report(start + (end - start) * fraction)


def whole_percents(report: Report) -> Report:
    """Return a Report that passes on only what reaches another whole percent, so that a pipe is not flooded."""
    shown = -1

    def passed_on(fraction: float) -> None:
        nonlocal shown
        if (percent := int(fraction * 100)) > shown:
            shown = percent
            report(fraction)

    return passed_on
