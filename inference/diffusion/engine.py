"""The engine with weights: a window of the canvas is sketched, painted by a pipeline, and laid around the photo."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from inference.canvas import Box, Extent, Margins
from inference.diffusion.card import count_cards, exhausted, find_card
from inference.diffusion.checkpoint import Checkpoint, find
from inference.diffusion.choice import Choice, parse_choice
from inference.diffusion.finish import finish
from inference.diffusion.memory import Card, Mode, choose, next_mode
from inference.diffusion.painter import Call, paint
from inference.diffusion.pipeline import Pipeline, compile_blocks, free, load
from inference.diffusion.presets import Fill, Kind
from inference.diffusion.prompts import Wording, write
from inference.diffusion.sketch import Sketch, sketch
from inference.diffusion.window import passes, plan, sizes
from inference.diffusion.words import drawn
from inference.engine import EngineUnavailable, Pixels, Recipe, Report, Request, Style, ignore, versions
from inference.gate import Unfit, judge_painted
from inference.patchmatch import kernel

Loader: TypeAlias = Callable[[Checkpoint, Mode, Card], Pipeline]

PASS = 1_000_003  # between the seeds of two passes
SEEDS = 2**31
LIBRARIES = ("kuotu", "torch", "diffusers", "transformers", "peft")  # whose versions a picture depends on

_log = logging.getLogger(__name__)


class Diffusion:
    """A pipeline on one card. One request at a time: schedulers hold state."""

    name = "diffusion"
    reads_words = True

    def __init__(
        self,
        checkpoint: Checkpoint,
        card: Card,
        mode: Mode,
        *,
        batch: int = 1,
        compiler: str = "",
        loader: Loader = load,
    ) -> None:
        """Load at once. `batch` pictures are painted in every call, copies where there are fewer variants."""
        self.checkpoint, self.preset, self.card, self.mode = checkpoint, checkpoint.preset, card, mode
        self.devices = count_cards()
        self.batch = 1 if checkpoint.preset.kind is Kind.EDIT else batch
        self._loader, self._compiler = loader, compiler
        if self.preset.fill is Fill.PATCHMATCH:
            kernel.cache_in(kernel.default_folder())
        self.pipeline: Pipeline = self._load()

    @classmethod
    def open(cls, choice: Choice) -> Diffusion:
        """Raises EngineUnavailable with the remedy."""
        checkpoint, card = find(choice), find_card(choice.device)
        if not checkpoint.preset.commercial:
            _log.warning("%s: %s (%s)", checkpoint.name, checkpoint.preset.permits, checkpoint.preset.licence)
        if not card.accelerates:
            _log.warning("torch sees no GPU: on %s a picture takes many minutes", card.name)
        mode = choose(checkpoint.preset.memory, card, choice.memory)
        return cls(checkpoint, card, mode, batch=choice.batch, compiler=choice.compile)

    @property
    def key(self) -> str:
        """What a picture depends on besides its request: the same key and request give the same pixels.

        Of several variants in one batch only the first is exact; the others may differ by rounding.
        """
        preset = hashlib.sha256(self.preset.model_dump_json().encode()).hexdigest()[:16]
        made = f"{self.checkpoint.name}@{self.checkpoint.revision} preset={preset} {self.mode} batch={self.batch}"
        size = f"budget={self.preset.budget} multiple={self.preset.multiple}"
        return f"{made} {size} compile={self._compiler or 'no'} card={self.card.name} {versions(*LIBRARIES)}"

    def recipe(self, request: Request) -> Recipe:
        """With the words that were drawn, and the size that each pass was painted at."""
        extent, worked = request.extent, list[str]()
        for step in passes(extent, request.margins):
            worked.append("{}x{}".format(*plan(extent, step, self.preset.budget, self.preset.multiple).work))
            extent = step.canvas(extent)
        found = drawn(request.style, request.margins, request.seed, request.prompt) if request.margins else ()
        return {"words": [word.id for word, _ in found], "key": self.key, "worked_at": worked}

    def expand(self, request: Request, report: Report) -> Pixels:
        return self.variants(request, [request.seed], report)[0]

    def variants(self, request: Request, seeds: Sequence[int], report: Report) -> list[Pixels]:
        """One canvas per seed. With memory exhausted, the next mode, and once more from the start.

        Raises MemoryError when the most frugal mode does not fit either, Unfit when the model ignored the photo.
        """
        if not request.margins:
            return [request.photo.copy() for _ in seeds]
        while True:
            try:
                return self._painted(request, seeds, report)
            except RuntimeError as error:
                if not exhausted(error):
                    raise
                reason = str(error).split("\n")[0]
            self._fall_back(reason)

    def _painted(self, request: Request, seeds: Sequence[int], report: Report) -> list[Pixels]:
        canvases = list[Pixels]()
        for start in range(0, len(seeds), self.batch):
            some = seeds[start : start + self.batch]
            padded = [*some, *[some[-1]] * (self.batch - len(some))]
            share = len(some) / len(seeds)
            canvases += self._batch(request, padded, _within(report, start / len(seeds), share))[: len(some)]
        return canvases

    def _batch(self, request: Request, seeds: Sequence[int], report: Report) -> list[Pixels]:
        """All passes of some variants of one photo."""
        wordings = [write(self.preset, request.style, request.margins, seed, request.prompt) for seed in seeds]
        canvases, steps = [request.photo] * len(seeds), passes(request.extent, request.margins)
        for number, step in enumerate(steps):
            call = Call(request.style, wordings, [(seed + PASS * number) % SEEDS for seed in seeds])
            part = _within(report, number / len(steps), 1 / len(steps))
            canvases = self._pass(canvases, step, call, part)
        report(1.0)
        return canvases

    def _pass(self, canvases: list[Pixels], margins: Margins, call: Call, report: Report) -> list[Pixels]:
        report(0.0)
        preset = self.preset
        extent = Extent(canvases[0].shape[1], canvases[0].shape[0])
        window = plan(extent, margins, preset.budget, preset.multiple)
        sketches = [
            sketch(canvas, margins, window, preset.fill, preset.overlap, seed)
            for canvas, seed in zip(canvases, call.seeds, strict=True)
        ]
        words = " ".join(call.wordings[0].words) or "no words of our own"
        _log.info("painting %dx%d at %dx%d with %s", *margins.canvas(extent), *window.work, words)
        painted = paint(self.pipeline, preset, sketches, call, _within(report, 0.05, 0.85))
        report(0.9)
        for one, shown in zip(painted, sketches, strict=True):
            if problem := judge_painted(one, shown.photo, shown.margins, shown.picture, preset.foreign):
                raise Unfit(problem)
        return [
            finish(one, canvas, margins, window, register=preset.registers, seed=seed)
            for one, canvas, seed in zip(painted, canvases, call.seeds, strict=True)
        ]

    def _load(self) -> Pipeline:
        """A failure is one sentence for people; its whole story is in the log."""
        try:
            pipeline = self._loader(self.checkpoint, self.mode, self.card)
            if self._compiler:
                self._compile(pipeline)
            _log.info("%s", self.key)
            return pipeline
        except EngineUnavailable:
            raise
        except Exception as error:
            if not exhausted(error):
                raise self._told(error) from error
            following = next_mode(self.preset.memory, self.mode)
            if following is None:
                raise EngineUnavailable(f"{self.checkpoint.name} does not fit into {self.card.name}") from error
            self._note_fallback(following, str(error))
        free(self.card)
        return self._load()

    def _told(self, error: Exception) -> EngineUnavailable:
        _log.exception("loading %s from %s failed", self.checkpoint.name, self.checkpoint.folder)
        reason = str(error).strip().split("\n")[0]
        remedy = f"run: kuotu pull {self.checkpoint.name}"
        return EngineUnavailable(f"{self.checkpoint.name} cannot be loaded ({reason}); {remedy}")

    def _compile(self, pipeline: Pipeline) -> None:
        """Two steps at every work size, so that nobody waits for a compiler later."""
        compile_blocks(pipeline, self._compiler)
        preset = self.preset.model_copy(update={"steps": 2})
        for width, height in sizes(preset.budget, preset.multiple):
            picture = np.zeros((height, width, 3), np.uint8)
            blank = Sketch(picture, np.full((height, width), 255, np.uint8), Box(0, 0, width, height))
            call = Call(Style.FAITHFUL, [Wording(preset.title, "", ())] * self.batch, [0] * self.batch)
            paint(pipeline, preset, [blank] * self.batch, call, ignore)

    def _fall_back(self, reason: str) -> None:
        """Load again in the next mode, after the old pipeline is gone."""
        following = next_mode(self.preset.memory, self.mode)
        if following is None:
            free(self.card)
            raise MemoryError(f"{self.checkpoint.name} does not fit into {self.card.name} in any mode: {reason}")
        self._note_fallback(following, reason)
        self.pipeline = None
        free(self.card)
        try:
            self.pipeline = self._load()
        except EngineUnavailable as error:
            raise MemoryError(str(error)) from error

    def _note_fallback(self, following: Mode, reason: str) -> None:
        _log.warning("memory exhausted in mode %s (%s); going on in mode %s", self.mode, reason, following)
        self.mode = following


def open_diffusion(model: str) -> Diffusion:
    """The engine that KUOTU_MODEL describes. Raises EngineUnavailable with the remedy."""
    return Diffusion.open(parse_choice(model))


def _within(report: Report, start: float, share: float) -> Report:
    return lambda fraction: report(start + fraction * share)
