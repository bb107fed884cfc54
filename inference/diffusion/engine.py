"""The diffusion engine.

It fills a window of the canvas with an init image, runs a pipeline, and composites the result.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from inference.canvas import Extent, Margins
from inference.diffusion.batching import Found, Kept, Painting, seated, start_of
from inference.diffusion.captioner import Captions, Scenery, open_scenery
from inference.diffusion.checkpoint import Checkpoint, find
from inference.diffusion.device import count_cards, exhausted, find_card
from inference.diffusion.init_image import sketch
from inference.diffusion.likeness import judge_painted
from inference.diffusion.loaded import Loaded, Loader
from inference.diffusion.model_spec import ModelChoice, parse_choice
from inference.diffusion.offload import Card, Mode, choose
from inference.diffusion.painter import Call
from inference.diffusion.pipeline import load, loader_for
from inference.diffusion.placement import Pipeline
from inference.diffusion.presets import Fill
from inference.diffusion.prompts import write
from inference.diffusion.surprises import drawn
from inference.diffusion.window import passes, plan, sides_apart
from inference.engine import SEEDS, Painted, Pixels, Recipe, Report, Request, Style, ignore, part, versions
from inference.patchmatch import kernel
from inference.quality.gate import Problem, Unfit

COARSEST = 2.0  # canvas pixels per work pixel, beyond which sides are painted separately when the option `sides` is set
PASS = 1_000_003  # difference between the seeds of two passes
LIBRARIES = ("kuotu", "torch", "diffusers", "transformers", "peft")  # the pixels depend on the versions of these

_log = logging.getLogger(__name__)


class Diffusion:
    """A pipeline on one card. It serves one request at a time, because schedulers are stateful."""

    name = "diffusion"

    def __init__(
        self,
        checkpoint: Checkpoint,
        card: Card,
        mode: Mode,
        *,
        batch: int = 1,
        compiler: str = "",
        sides: bool = False,
        loader: Loader = load,
        captions: Captions | None = None,
    ) -> None:
        """Load the pipeline now. Every call paints `batch` images: variants of one request, filled up with copies.

        `captions` take the place of the preset's captioner.
        """
        self.checkpoint, self.preset, self.card = checkpoint, checkpoint.preset, card
        self.reads, self.devices = checkpoint.preset.reads, count_cards()
        self.batch = batch if checkpoint.preset.together else 1
        self._compiler, self._sides, self._kept = compiler, sides, Kept()
        if self.preset.fill is Fill.PATCHMATCH:
            kernel.cache_in(kernel.default_folder())
        self._loaded = Loaded(checkpoint, card, mode, batch=self.batch, compiler=compiler, loader=loader)
        self._scenery = Scenery(captions) if captions else open_scenery(checkpoint)
        _log.info("%s", self.key)

    @classmethod
    def open(cls, choice: ModelChoice) -> Diffusion:
        """Open the engine that a choice describes. Raises EngineUnavailable with the remedy."""
        checkpoint, card = find(choice), find_card(choice.device)
        if not checkpoint.preset.commercial:
            _log.warning("%s: %s (%s)", checkpoint.name, checkpoint.preset.permits, checkpoint.preset.licence)
        if not card.accelerates:
            _log.warning("torch sees no GPU: on %s a picture takes many minutes", card.name)
        mode = choose(checkpoint.preset.memory, card, choice.memory)
        return cls(
            checkpoint,
            card,
            mode,
            batch=choice.batch,
            compiler=choice.compile,
            sides=choice.sides,
            loader=loader_for(choice.attention),
        )

    @property
    def mode(self) -> Mode:
        return self._loaded.mode

    @property
    def pipeline(self) -> Pipeline:
        return self._loaded.pipeline

    @property
    def key(self) -> str:
        """What the pixels depend on besides the request. The same key and request give the same pixels."""
        preset = hashlib.sha256(self.preset.model_dump_json().encode()).hexdigest()[:16]
        made = f"{self.checkpoint.name}@{self.checkpoint.revision} preset={preset} {self.mode} batch={self.batch}"
        sides = " sides" if self._sides else ""
        size = f"budget={self.preset.budget} multiple={self.preset.multiple}{sides}"
        return f"{made} {size} compile={self._compiler or 'no'} card={self.card.name} {versions(*LIBRARIES)}"

    def _recipe(self, request: Request) -> Recipe:
        """Return the recipe, which includes the drawn words and the work size of each pass."""
        extent, worked = request.extent, list[str]()
        for step in self._steps(request):
            worked.append("{}x{}".format(*plan(extent, step, self.preset.budget, self.preset.multiple).work))
            extent = step.canvas(extent)
        found = drawn(request.style, request.margins, request.seed, request.prompt) if request.margins else ()
        scenery = self._scenery_of(request, ignore) if request.margins else ""
        seen = {"scenery": scenery} if scenery else {}
        return {"words": [word.id for word, _ in found], "key": self.key, "worked_at": worked} | seen

    def _scenery_of(self, request: Request, report: Report) -> str:
        """Return what the prompt says of the photo's scenery: nothing in wild pictures, which are to leave it."""
        if self._scenery is None or not self.preset.captions or request.style is Style.WILD:
            return ""
        return self._scenery.of(request.photo, report)

    def expand(self, request: Request, report: Report) -> Painted:
        """Paint a request, together with as many sibling variants as the batch has room for.

        When memory runs out, the request is painted again from the start in the next memory mode.

        Raises MemoryError when even the most frugal mode does not fit, and Unfit when the model ignored the photo.
        """
        if not request.margins:
            return Painted(request.photo.copy(), self._recipe(request))
        report(0.0)
        start = start_of(request) if self.batch > 1 else ""
        found = self._kept.take(start, request.seed, request.beside)
        if found is None:
            others = [seed for seed in request.beside if (start, seed) not in self._kept]
            painted = self._painted(request, seated(request.seed, others, self.batch), report)
            found = painted.pop(request.seed)
            self._kept.put(start, painted)
        if isinstance(found, Problem):
            raise Unfit(found)
        canvas = found.finished()
        report(1.0)
        return Painted(canvas, self._recipe(request))

    def variants(self, request: Request, seeds: Sequence[int], report: Report) -> list[Painted]:
        """Paint one canvas per seed in as few batches as possible; seeds with the same batch index cannot share one."""
        count = len(seeds)
        return [
            self.expand(
                replace(request, seed=seed, beside=tuple(seeds[number + 1 :])),
                part(report, number / count, (number + 1) / count),
            )
            for number, seed in enumerate(seeds)
        ]

    def _steps(self, request: Request) -> list[Margins]:
        """Return the margins of each pass.

        With `sides`, passes that need much enlargement are split into single sides.
        """
        extent, found = request.extent, list[Margins]()
        for step in passes(extent, request.margins):
            scale = plan(extent, step, self.preset.budget, self.preset.multiple).scale
            found += sides_apart(step) if self._sides and scale > COARSEST else [step]
            extent = step.canvas(extent)
        return found

    def _painted(self, request: Request, seats: Sequence[int], report: Report) -> dict[int, Found]:
        """Return the result of each seed, and fall back to the next memory mode as often as necessary."""
        while True:
            try:
                return self._in_passes(request, seats, report)
            except RuntimeError as error:
                if not exhausted(error):
                    raise
                reason = str(error).split("\n")[0]
            self._fall_back(reason)

    def _in_passes(self, request: Request, seats: Sequence[int], report: Report) -> dict[int, Found]:
        """Paint all passes. A seed that fails a pass is replaced by a copy of another one in the passes that follow."""
        found, steps = dict[int, Found](), self._steps(request)
        scenery = self._scenery_of(request, report)
        canvases = dict.fromkeys(seats, request.photo)
        for number, step in enumerate(steps):
            ahead = part(report, number / len(steps), (number + 1) / len(steps))
            if number:
                canvases = _continued(found, ahead)
            if not canvases:
                break
            sitting = [seed if seed in canvases else next(iter(canvases)) for seed in seats]
            asked = self.preset, request.style, request.margins
            wordings = [write(*asked, seed, request.prompt, scenery) for seed in sitting]
            seeds = [(seed + PASS * number) % SEEDS for seed in sitting]
            call = Call(request.style, wordings, seeds, request.judged)
            painted = self._pass([canvases[seed] for seed in sitting], step, call, ahead)
            found |= {seed: painted[seed % self.batch] for seed in canvases}
        return found

    def _pass(self, canvases: Sequence[Pixels], margins: Margins, call: Call, report: Report) -> list[Found]:
        """Paint one pass, and return the result at each batch index."""
        report(0.0)
        preset = self.preset
        extent = Extent.of(canvases[0])
        window = plan(extent, margins, preset.budget, preset.multiple)
        sketches = {
            seed: sketch(canvas, margins, window, preset.fill, preset.overlap, seed, preset.grid)
            for seed, canvas in dict(zip(call.seeds, canvases, strict=True)).items()
        }
        words = "; ".join(dict.fromkeys(" ".join(wording.words) for wording in call.wordings)) or "no words of our own"
        _log.info("painting %dx%d at %dx%d with %s", *margins.canvas(extent), *window.work, words)
        shown = [sketches[seed] for seed in call.seeds]
        painted = self._loaded.paint(preset, shown, call, part(report, 0.05, 0.9))
        report(0.9)
        return [
            (call.judged and judge_painted(one, seen.photo, seen.margins, seen.picture, preset.foreign))
            or Painting(one, canvas, margins, window, preset.registers, seed)
            for one, seen, canvas, seed in zip(painted, shown, canvases, call.seeds, strict=True)
        ]

    def _fall_back(self, reason: str) -> None:
        """Switch to the next memory mode. Cached variants of this mode are discarded and painted again."""
        self._kept.clear()
        self._loaded.fall_back(reason)
        _log.info("%s", self.key)


def open_diffusion(model: str) -> Diffusion:
    """Open the engine that KUOTU_MODEL describes. Raises EngineUnavailable with the remedy."""
    return Diffusion.open(parse_choice(model))


def _continued(found: Mapping[int, Found], report: Report) -> dict[int, Pixels]:
    """Return the canvases that the next pass extends.

    `report` is called before each, so that the job can be cancelled.
    """
    canvases = dict[int, Pixels]()
    for seed, one in found.items():
        report(0.0)
        if isinstance(one, Painting):
            canvases[seed] = one.finished()
    return canvases
