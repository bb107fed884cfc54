"""The engine protocol, and the values that an engine receives and returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.metadata import version
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from inference.canvas import Box, Extent, Margins

SEEDS: Final = 2**31  # seeds are 0 to SEEDS - 1

Pixels: TypeAlias = NDArray[np.uint8]
"""(height, width, 3) 8-bit sRGB."""

Report: TypeAlias = Callable[[float], None]
"""An engine calls it with the fraction done, 0 to 1. It may raise Cancelled, which an engine does not catch."""

Recipe: TypeAlias = Mapping[str, Any]
"""What a canvas depends on besides its request, as JSON values that are stored with it.

They are the preset, revision, sizes and versions, and under `words` the ids of the words that the style drew.
"""


class Style(StrEnum):
    """How far the new part may depart from the photo."""

    FAITHFUL = "faithful"
    PLAYFUL = "playful"
    WILD = "wild"


class Reads(StrEnum):
    """The words of a prompt that affect an engine's pixels as they are meant."""

    NOTHING = "nothing"
    ENGLISH = "en"
    ENGLISH_AND_CHINESE = "en, zh"


class EngineName(StrEnum):
    """The values of KUOTU_ENGINE."""

    AUTO = "auto"
    PATCHMATCH = "patchmatch"
    DIFFUSION = "diffusion"


@dataclass(frozen=True, eq=False)
class Visitor:
    """A guest from a chat that may walk into the picture. An engine that lets nobody walk about ignores it."""

    key: str  # identifies the cut-out, by the hash of its file
    cutout: NDArray[np.uint8]  # (height, width, 4), straight alpha


@dataclass(frozen=True, eq=False)
class Request:
    """Everything that defines one outpainting. A reroll is `dataclasses.replace(request, seed=…)`."""

    photo: Pixels
    margins: Margins
    style: Style = Style.FAITHFUL
    seed: int = 0  # 0 to SEEDS - 1
    prompt: str = ""
    visitors: tuple[Visitor, ...] = ()
    beings: tuple[Box, ...] = ()  # where earlier steps of a chain have painted beings, in px of the photo
    # Seeds of sibling variants that may share this batch. They never affect the pixels.
    beside: tuple[int, ...] = ()
    engine: str = ""  # that somebody chose among those on offer; without a choice, the style has its own
    judged: bool = True  # whether an engine refuses a result that it finds unfit; off for untrained models

    @property
    def extent(self) -> Extent:
        return Extent.of(self.photo)


@dataclass(frozen=True, eq=False)
class Painted:
    """The pixels of a canvas, and the recipe: what the pixels depend on besides the request."""

    pixels: Pixels
    recipe: Recipe


class Cancelled(Exception):
    """The person who requested the expansion has cancelled it."""


class EngineError(Exception):
    """An expansion failed; another attempt may succeed. The text is for the operator."""


class NothingFit(EngineError):
    """No attempt was worth showing. The same request fails again; another style may not. The text is as above."""


class EngineUnavailable(Exception):
    """An engine cannot be opened on this machine; the text names what is missing and how to get it."""


class Engine(Protocol):
    """Turns a request into a canvas of `request.margins.canvas(request.extent)` that contains the photo bit for bit.

    The same request gives the same bytes, whatever other requests the engine serves.
    """

    name: str
    reads: Reads
    devices: int  # how many instances this machine can run at once: one per core, or one per GPU

    def expand(self, request: Request, report: Report) -> Painted:
        """Paint a request. Raises EngineError when that fails, and whatever `report` raises."""
        ...


def ignore(_fraction: float) -> None:
    """Do nothing: the Report of a caller that needs no progress."""


@cache  # a look into a library's metadata takes some milliseconds
def versions(*libraries: str) -> str:
    """Return the installed versions of libraries, such as «numpy=2.4.6 numba=0.63»."""
    return " ".join(f"{library}={version(library)}" for library in libraries)


def part(report: Report, start: float, end: float) -> Report:
    """Return a Report for a sub-task that moves `report` from `start` to `end`."""
    return lambda fraction: report(start + (end - start) * fraction)


def whole_percents(report: Report) -> Report:
    """Return a Report that passes on only fractions that reach a new whole percent, to limit the traffic on a pipe."""
    shown = -1

    def passed_on(fraction: float) -> None:
        nonlocal shown
        if (percent := int(fraction * 100)) > shown:
            shown = percent
            report(fraction)

    return passed_on
