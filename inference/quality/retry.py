"""An engine that judges its own work: kept from flat borders, asked again with another seed when the gate refuses."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from typing import Final

import numpy as np

from inference.canvas import Margins
from inference.engine import Engine, EngineError, Painted, Pixels, Report, Request, part
from inference.quality.border import flat_border
from inference.quality.gate import Problem, Unfit, judge

RETRIES: Final = 2
SHARES: Final = (0.0, 0.8, 0.95, 1.0)  # of the progress shown: most orders need one attempt
SEEDS: Final = 2**31
STRIDE: Final = 0x9E3779B1  # golden ratio of 2**32: derived seeds lie far apart

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Attempt:
    """A canvas, the seed that gave it, and what the gate has against it."""

    painted: Painted
    seed: int
    problem: Problem | None


def trust(_canvas: Pixels, _margins: Margins) -> None:
    """Instead of a judge, when the gate is off."""


class Careful:
    """Another engine, judged. The same request gives the same bytes as long as that holds for the other."""

    def __init__(self, engine: Engine, judged: Callable[[Pixels, Margins], Problem | None] = judge) -> None:
        self.name, self.reads_words, self.devices = engine.name, engine.reads_words, engine.devices
        self._engine, self._judged = engine, judged

    def expand(self, request: Request, report: Report) -> Painted:
        return self.attempt(request, report).painted

    def attempt(self, request: Request, report: Report) -> Attempt:
        """The first attempt without a problem, else the one with the smallest.

        Raises EngineError when all attempts have grave ones. Asking again for the seed reported gives the same canvas.
        """
        inner = _within_border(request)
        shown: list[Attempt] = []
        problems: list[str] = []
        for number in range(RETRIES + 1):
            seed = derived(request.seed, number)
            asked = replace(inner, seed=seed)
            try:
                painted = self._engine.expand(asked, part(report, *SHARES[number : number + 2]))
                canvas = _with_photo(painted.pixels, inner)
                problem = self._judged(canvas, inner.margins)
            except Unfit as unfit:
                problem = unfit.problem
            else:
                attempt = Attempt(replace(painted, pixels=_with_photo(canvas, request)), seed, problem)
                if problem is None:
                    report(1.0)
                    return attempt
                if not problem.kind.grave:
                    shown.append(attempt)
            _log.warning("%s, seed %d: %s", self.name, seed, problem)
            problems.append(str(problem))
        if not shown:
            raise EngineError(f"nothing fit to be seen in {len(problems)} attempts: {'; '.join(problems)}")
        report(1.0)
        return min(shown, key=_excess)


def derived(seed: int, number: int) -> int:
    """The seed of an attempt; that of the first is the one asked for."""
    return (seed + number * STRIDE) % SEEDS


def _excess(attempt: Attempt) -> float:
    return attempt.problem.excess if attempt.problem else 0.0


def _within_border(request: Request) -> Request:
    """The same canvas, asked for from inside the photo's flat border where that is to grow."""
    border = flat_border(request.photo)
    trimmed = Margins(
        *(margin and flat for margin, flat in zip(astuple(request.margins), astuple(border), strict=True))
    )
    if not trimmed:
        return request
    inner = request.photo[trimmed.inner(request.extent).slices]
    return replace(request, photo=np.ascontiguousarray(inner), margins=request.margins + trimmed)


def _with_photo(painted: Pixels, request: Request) -> Pixels:
    """Whatever an engine did, the photo is bit for bit in its place."""
    width, height = request.margins.canvas(request.extent)
    if painted.shape != (height, width, 3) or painted.dtype != np.uint8:
        raise EngineError(f"the engine gave {painted.dtype} {painted.shape} for a canvas of {width}x{height}")
    canvas = np.require(painted, requirements=["C", "W"])
    canvas[request.margins.box(request.extent).slices] = request.photo
    return canvas
