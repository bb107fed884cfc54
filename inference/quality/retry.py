"""Wraps an engine: keeps flat borders from it, and tries other seeds when the gate refuses a result."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from typing import Final

import numpy as np

from inference.canvas import Margins
from inference.engine import (
    SEEDS,
    Engine,
    EngineError,
    NothingFit,
    Painted,
    Pixels,
    Reads,
    Report,
    Request,
    Style,
    part,
)
from inference.quality.border import flat_border
from inference.quality.gate import Kind, Problem, Unfit, judge
from inference.quality.repetition import FEWEST, painted_again
from inference.subject.memory import Subjects

RETRIES: Final = 2
UNFIT: Final = "nothing fit to be seen"  # how the text of NothingFit begins
SHARES: Final = (0.0, 0.8, 0.95, 1.0)  # progress after each attempt; most orders need only one
SAME: Final = 0.02  # relative difference up to which two findings are the same
STRIDE: Final = 0x9E3779B1  # 2**32 divided by the golden ratio, so that derived seeds are far apart

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Attempt:
    """A canvas, the seed that produced it, and the problem that the gate found, or None."""

    painted: Painted
    seed: int
    problem: Problem | None


def trust(_canvas: Pixels, _margins: Margins) -> None:
    """Accept every canvas. It replaces `judge` when the gate is off."""


class Careful:
    """An engine that judges the results of another one. It is as deterministic as that engine."""

    def __init__(
        self,
        engine: Engine,
        judged: Callable[[Pixels, Margins], Problem | None] = judge,
        subjects: Subjects | None = None,
    ) -> None:
        """With `subjects`, a model's faithful result in which the photo's subject appears again has a problem."""
        self.name, self.reads, self.devices = engine.name, engine.reads, engine.devices
        self._engine, self._judged, self._subjects = engine, judged, subjects

    def expand(self, request: Request, report: Report) -> Painted:
        """Return the canvas of `attempt`."""
        return self.attempt(request, report).painted

    def attempt(self, request: Request, report: Report) -> Attempt:
        """Return the first attempt without a problem, or else the one with the smallest, visible before grave.

        A problem that recurs unchanged with another seed does not depend on the seed, so it ends the attempts. Raises
        NothingFit when no attempt is worth showing. A request with the reported seed gives the same canvas.
        """
        inner = _within_border(request)
        shown: list[Attempt] = []
        problems: list[Problem] = []
        for number in range(RETRIES + 1):
            seed, share = derived(request.seed, number), part(report, *SHARES[number : number + 2])
            attempt, problem = self._attempt(request, inner, seed, share)
            if problem is None and attempt is not None:
                report(1.0)
                return attempt
            if attempt is not None:
                shown.append(attempt)
            if problem is not None:
                problems.append(problem)
                last = number == RETRIES or _stays(problems)
                what = "no other seed is tried" if last else "another seed is tried"
                _log.warning("%s, seed %d: %s; %s", self.name, seed, problem, what)
                if last:
                    break
        return self._least_bad(shown, problems, report)

    def _attempt(
        self, request: Request, inner: Request, seed: int, report: Report
    ) -> tuple[Attempt | None, Problem | None]:
        """Paint one attempt. The attempt is None when the engine itself refuses its result."""
        asked = replace(inner, seed=seed)
        try:
            painted = self._engine.expand(asked, report)
        except Unfit as unfit:
            return None, unfit.problem
        canvas = _with_photo(painted.pixels, inner)
        problem = self._judged(canvas, inner.margins) or self._twice(canvas, inner)
        return Attempt(replace(painted, pixels=_with_photo(canvas, request)), seed, problem), problem

    def _twice(self, canvas: Pixels, request: Request) -> Problem | None:
        """Return the problem that a faithful picture shows the photo's subject twice."""
        if request.style is not Style.FAITHFUL:
            return None
        found = painted_again(canvas, request, self.reads, self._subjects)
        return Problem(Kind.TWICE, None, found, FEWEST) if found else None

    def _least_bad(self, shown: list[Attempt], problems: list[Problem], report: Report) -> Attempt:
        fit = [attempt for attempt in shown if self._shows(attempt.problem)]
        if not fit:
            told = "; ".join(map(str, problems))
            raise NothingFit(f"{UNFIT} in {len(problems)} attempts: {told}; another style may help")
        report(1.0)
        return min(fit, key=_badness)

    def _shows(self, problem: Problem | None) -> bool:
        """Return whether a result may be shown despite its problem.

        An engine that reads no prompts copies from the photo, so of its grave problems only a black part is real.
        """
        if problem is None or not problem.kind.grave:
            return True
        return self.reads is Reads.NOTHING and problem.kind is not Kind.BLACK


def _stays(problems: list[Problem]) -> bool:
    """Return whether the last two problems are the same: equal in kind and side, and nearly equal in value."""
    if len(problems) < 2 or problems[-1].kind in (Kind.BLACK, Kind.NOISE, Kind.IGNORED, Kind.UNCHANGED):
        return False  # total failures look alike, but the next attempt may succeed
    last, one = problems[-1], problems[-2]
    return (last.kind, last.side) == (one.kind, one.side) and abs(last.found - one.found) <= SAME * abs(one.found)


def derived(seed: int, number: int) -> int:
    """Return the seed of an attempt. The first attempt has the requested seed."""
    return (seed + number * STRIDE) % SEEDS


def _badness(attempt: Attempt) -> tuple[bool, float]:
    problem = attempt.problem
    return (problem.kind.grave, problem.excess) if problem else (False, 0.0)


def _within_border(request: Request) -> Request:
    """Return a request for the same canvas that crops the photo's flat border on the sides that grow."""
    border = flat_border(request.photo)
    trimmed = Margins(
        *(margin and flat for margin, flat in zip(astuple(request.margins), astuple(border), strict=True))
    )
    if not trimmed:
        return request
    inner = request.photo[trimmed.inner(request.extent).slices]
    beings = tuple(box.moved(-trimmed.left, -trimmed.top) for box in request.beings)
    return replace(request, photo=np.ascontiguousarray(inner), margins=request.margins + trimmed, beings=beings)


def _with_photo(painted: Pixels, request: Request) -> Pixels:
    """Put the photo bit for bit into the canvas, whatever the engine did.

    Raises EngineError for a wrong shape or type.
    """
    width, height = request.margins.canvas(request.extent)
    if painted.shape != (height, width, 3) or painted.dtype != np.uint8:
        raise EngineError(f"the engine gave {painted.dtype} {painted.shape} for a canvas of {width}x{height}")
    canvas = np.require(painted, requirements=["C", "W"])
    canvas[request.margins.box(request.extent).slices] = request.photo
    return canvas
