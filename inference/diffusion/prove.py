"""Proves a model on this machine: every memory mode, the same seed twice, a batch, and experiments with the preset.

The measurements are rows of plain values, produced one at a time, so that a caller can stop and resume later.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from inference.diffusion.checkpoint import find
from inference.diffusion.device import find_card, forget_peak, limited, peak_memory
from inference.diffusion.engine import Diffusion
from inference.diffusion.experiments import experiments_for
from inference.diffusion.loaded import Loader
from inference.diffusion.model_spec import ModelChoice
from inference.diffusion.offload import Card, Mode, possible_on
from inference.diffusion.pipeline import free, load
from inference.engine import EngineUnavailable, Pixels, Request, ignore
from inference.quality.gate import Unfit, judge
from inference.quality.seam import seams

BATCH: Final = 2
SEEDS: Final = (7, 8)  # their indices differ in a batch of two


@dataclass(frozen=True)
class Row:
    """The measurements of one trial; a value that was not measured is None."""

    preset: str
    what: str  # «mode fp8», «batch of 2», or an experiment's name
    loaded: float | None = None  # seconds
    painted: float | None = None  # seconds per image
    peak: float | None = None  # GiB on the card while painting
    repeats: bool | None = None  # the same seed gave the same bytes
    alone: bool | None = None  # a seed gave the same bytes alone and in a batch with another
    gate: str = ""  # the gate's verdict
    seam: float | None = None  # the largest gradient across a seam, divided by the photo's own
    problem: str = ""  # why it failed

    @property
    def key(self) -> str:
        """The text that identifies the trial."""
        return f"{self.preset}: {self.what}"


@dataclass(frozen=True, eq=False)
class Shown:
    """A row, and its images by caption."""

    row: Row
    pictures: dict[str, Pixels] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """The trials of a model. They paint `request`; experiments paint the requests of `photos`."""

    name: str
    choice: ModelChoice
    request: Request
    photos: Sequence[Request] = ()
    loader: Loader = load

    def rows(self, done: Collection[str] = ()) -> Iterator[Shown]:
        """Run every trial that is not `done`, the most informative first: each mode, then a batch, then experiments.

        Raises EngineUnavailable when the model is not on this machine.
        """
        checkpoint, card = find(self.choice), find_card(self.choice.device)
        modes = list(possible_on(card, checkpoint.preset.memory))
        steps: list[tuple[str, Callable[[str], Shown]]] = [(f"mode {mode}", self._mode(mode, card)) for mode in modes]
        if card.device.startswith("cuda"):
            needs = checkpoint.preset.memory
            steps += [(f"memory for mode {mode}", self._limited(needs[mode], card)) for mode in modes[1:]]
        if not any("batch" in key for key in done):
            steps.append((f"batch of {BATCH}", self._batch))
        for what, step in steps:
            if f"{self.name}: {what}" not in done:
                yield self._tried(what, step, card)
        yield from self._experiments(card, done)

    def _tried(self, what: str, step: Callable[[str], Shown], card: Card) -> Shown:
        """Run one trial; a failure becomes the problem in its row."""
        try:
            return step(what)
        except (EngineUnavailable, RuntimeError, MemoryError, ValueError, TypeError, OSError) as error:
            reason = str(error).strip().split("\n")[0]
            return Shown(Row(self.name, what, problem=f"{type(error).__name__}: {reason}"))
        finally:
            free(card)

    def _mode(self, mode: Mode, card: Card) -> Callable[[str], Shown]:
        def proven(what: str) -> Shown:
            engine, loaded = self._opened(card, mode)
            forget_peak(card)
            first = _painted(engine, self.request)
            peak = peak_memory(card)
            again = _timed(engine, replace(self.request, judged=False))
            went = f"went on in mode {engine.mode}" if engine.mode is not mode else ""
            row = Row(
                self.name,
                what,
                loaded,
                min(first.seconds, again.seconds),
                peak,
                np.array_equal(first.canvas, again.canvas),
                problem=went,
                **first.seen(self.request),
            )
            return Shown(row, {what: first.canvas})

        return proven

    def _limited(self, gib: float, card: Card) -> Callable[[str], Shown]:
        """Request the fastest mode on a card limited to `gib` GiB, to find out which mode paints in the end."""

        def proven(what: str) -> Shown:
            with limited(card, gib):
                return self._mode(next(iter(possible_on(card, find(self.choice).preset.memory))), card)(what)

        return proven

    def _batch(self, what: str) -> Shown:
        card = find_card(self.choice.device)
        engine, loaded = self._opened(card, None, batch=BATCH)
        request = replace(self.request, judged=False)
        started = time.perf_counter()
        together = engine.variants(request, SEEDS, ignore)
        seconds = (time.perf_counter() - started) / len(SEEDS)
        alone = [engine.expand(replace(request, seed=seed), ignore).pixels for seed in SEEDS]
        equal = all(np.array_equal(one, other.pixels) for one, other in zip(alone, together, strict=True))
        return Shown(Row(self.name, what, loaded, seconds, alone=equal))

    def _experiments(self, card: Card, done: Collection[str]) -> Iterator[Shown]:
        """Run all experiments on one loaded pipeline, because an experiment changes only its arguments."""
        names = [name for name in experiments_for(find(self.choice).preset) if f"{self.name}: {name}" not in done]
        if not names or not self.photos:
            return
        engine, _ = self._opened(card, None)
        plain = engine.preset
        before = [_painted(engine, request).canvas for request in self.photos]
        for name in names:
            engine.preset = experiments_for(plain)[name].applied(plain)
            try:
                yield self._tried(name, lambda what: self._beside(engine, what, before), card)
            finally:
                engine.preset = plain

    def _beside(self, engine: Diffusion, what: str, before: Sequence[Pixels]) -> Shown:
        pictures, rows = dict[str, Pixels](), list[dict[str, Any]]()
        seconds = 0.0
        for number, (request, plain) in enumerate(zip(self.photos, before, strict=True)):
            painted = _painted(engine, request)
            pictures |= {f"{number}: as the preset is": plain, f"{number}: {what}": painted.canvas}
            rows.append(painted.seen(request))
            seconds += painted.seconds / len(self.photos)
        said = "; ".join(dict.fromkeys(row["gate"] for row in rows if row["gate"]))
        return Shown(Row(self.name, what, painted=seconds, gate=said, seam=max(row["seam"] for row in rows)), pictures)

    def _opened(self, card: Card, mode: Mode | None, batch: int = 1) -> tuple[Diffusion, float]:
        started = time.perf_counter()
        checkpoint = find(self.choice)
        wanted = mode or self.choice.memory or next(iter(possible_on(card, checkpoint.preset.memory)))
        engine = Diffusion(checkpoint, card, wanted, batch=batch, loader=self.loader)
        return engine, time.perf_counter() - started


@dataclass(frozen=True, eq=False)
class _Painted:
    canvas: Pixels
    seconds: float
    refusal: str  # the engine's reason for refusing it

    def seen(self, request: Request) -> dict[str, Any]:
        """Return the gate's verdict and the worst seam."""
        worst = max((seam.gradient for seam in seams(self.canvas, request.margins)), default=0.0)
        said = self.refusal or str(judge(self.canvas, request.margins) or "passes")
        return {"gate": said, "seam": round(worst, 3)}


def _painted(engine: Diffusion, request: Request) -> _Painted:
    """Paint a request. A result that the engine refuses is painted again without its check, so that it can be shown."""
    refusal = ""
    try:
        return _timed(engine, replace(request, judged=True))
    except Unfit as unfit:
        refusal = str(unfit.problem)
    return replace(_timed(engine, replace(request, judged=False)), refusal=refusal)


def _timed(engine: Diffusion, request: Request) -> _Painted:
    started = time.perf_counter()
    canvas = engine.expand(request, ignore).pixels
    return _Painted(canvas, time.perf_counter() - started, "")
