"""A pipeline loaded on a card in the fastest memory mode that works; a mode that fails is followed by the next."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from inference.canvas import Box
from inference.diffusion.checkpoint import Checkpoint
from inference.diffusion.device import exhausted
from inference.diffusion.embeddings import Embeddings
from inference.diffusion.init_image import Sketch
from inference.diffusion.offload import Card, Mode, next_mode, possible_on
from inference.diffusion.painter import Call, paint
from inference.diffusion.pipeline import FilesUnfit, compile_blocks, free, load
from inference.diffusion.placement import Pipeline
from inference.diffusion.presets import Preset
from inference.diffusion.prompts import Wording
from inference.diffusion.window import sizes
from inference.engine import EngineUnavailable, Pixels, Report, Style, ignore

Loader: TypeAlias = Callable[[Checkpoint, Mode, Card], Pipeline]

_log = logging.getLogger(__name__)


class Loaded:
    """A checkpoint's loaded pipeline. `mode` is the memory mode that it is loaded in now."""

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
        """Load the pipeline now, in a more frugal mode if `mode` fails. Raises EngineUnavailable with the remedy."""
        self.checkpoint, self.card, self.mode = checkpoint, card, mode
        self._batch, self._compiler, self._loader = batch, compiler, loader
        self._embeddings = Embeddings()
        self.pipeline: Pipeline = self._load()

    def paint(self, preset: Preset, sketches: Sequence[Sketch], call: Call, report: Report) -> list[Pixels]:
        """Paint as `painter.paint`, without encoding the words of the latest calls again."""
        return paint(self.pipeline, preset, sketches, call, report, self._embeddings)

    def fall_back(self, reason: str) -> None:
        """Free the pipeline and load it again in the next mode. Raises MemoryError when there is none."""
        following = self._following()
        if following is None:
            free(self.card)
            raise MemoryError(f"{self.checkpoint.name} does not fit into {self.card.name} in any mode: {reason}")
        self._move_on(following, f"memory exhausted in mode {self.mode}", reason)
        self.pipeline, self._embeddings = None, Embeddings()
        free(self.card)
        try:
            self.pipeline = self._load()
        except EngineUnavailable as error:
            raise MemoryError(str(error)) from error

    def _load(self) -> Pipeline:
        """Load the pipeline, trying one mode after another.

        EngineUnavailable has one sentence; the log has the traceback.
        """
        while True:
            try:
                return self._attempt()
            except EngineUnavailable:
                raise
            except FilesUnfit as error:
                raise self._told(error, f"run: kuotu pull {self.checkpoint.name}") from error
            except Exception as error:
                following = self._following()
                if following is None and exhausted(error):
                    raise EngineUnavailable(f"{self.checkpoint.name} does not fit into {self.card.name}") from error
                if following is None:
                    raise self._told(error, "the log has the whole story") from error
                failed = "memory exhausted" if exhausted(error) else "loading failed"
                self._move_on(following, f"{failed} in mode {self.mode}", str(error))
            free(self.card)

    def _attempt(self) -> Pipeline:
        pipeline = self._loader(self.checkpoint, self.mode, self.card)
        if self._compiler:
            self._compile(pipeline)
        return pipeline

    def _following(self) -> Mode | None:
        return next_mode(possible_on(self.card, self.checkpoint.preset.memory), self.mode)

    def _move_on(self, following: Mode, failed: str, reason: str) -> None:
        _log.warning("%s (%s); going on in mode %s", failed, reason.strip().split("\n")[0], following)
        self.mode = following

    def _told(self, error: Exception, remedy: str) -> EngineUnavailable:
        _log.exception("loading %s from %s failed", self.checkpoint.name, self.checkpoint.folder)
        reason = str(error).strip().split("\n")[0]
        return EngineUnavailable(f"{self.checkpoint.name} cannot be loaded ({reason}); {remedy}")

    def _compile(self, pipeline: Pipeline) -> None:
        """Run two steps at every work size, so that no later request waits for the compiler."""
        compile_blocks(pipeline, self._compiler)
        preset = self.checkpoint.preset.model_copy(update={"steps": 2})
        for width, height in sizes(preset.budget, preset.multiple):
            picture = np.zeros((height, width, 3), np.uint8)
            blank = Sketch(picture, np.full((height, width), 255, np.uint8), Box(0, 0, width, height))
            call = Call(Style.FAITHFUL, [Wording(preset.title, "", ())] * self._batch, [0] * self._batch)
            paint(pipeline, preset, [blank] * self._batch, call, ignore, Embeddings())
