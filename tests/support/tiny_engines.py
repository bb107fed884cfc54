"""The diffusion engine on tiny pipelines, for the whole bot: the first word of a caption names the preset.

`open_engine` takes the place of `inference.registry:open_engine`; the model is the presets file. The first word may
contain options, «tiny-sd15?batch=4», and a second one may name a failure: «tiny-sdxl exhausted».
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from inference.diffusion.checkpoint import Checkpoint
from inference.diffusion.engine import Diffusion
from inference.diffusion.loaded import Loader
from inference.diffusion.model_spec import parse_choice
from inference.diffusion.offload import Card, Mode
from inference.diffusion.pipeline import load
from inference.diffusion.placement import denoisers
from inference.engine import EngineName, Painted, Reads, Report, Request

PETABYTE = 2**50


def open_engine(_name: EngineName, model: str, _guests: str = "") -> Wardrobe:
    torch.set_num_threads(1)
    return Wardrobe(Path(model))


class Wardrobe:
    """One engine that delegates to the tiny preset which the prompt names."""

    name = "diffusion"
    reads = Reads.ENGLISH
    devices = 1

    def __init__(self, presets: Path) -> None:
        self._presets, self._opened = presets, dict[str, Diffusion]()

    def expand(self, request: Request, report: Report) -> Painted:
        engine, asked = self._taken(request)
        return engine.expand(asked, report)

    def _taken(self, request: Request) -> tuple[Diffusion, Request]:
        preset, _, words = (request.prompt or "tiny-sd15").partition(" ")
        mood, name = words if words in MOODS else "", f"{preset} {words}"
        if name not in self._opened:
            self._opened[name] = self._open(preset, mood)
        return self._opened[name], replace(request, prompt="" if mood else words)

    def _open(self, preset: str, mood: str) -> Diffusion:
        options = "&" if "?" in preset else "?"
        fine = Diffusion.open(parse_choice(f"{preset}{options}presets={self._presets}"))
        return Diffusion(fine.checkpoint, fine.card, fine.mode, loader=MOODS[mood](self._presets)) if mood else fine


class Cramped:
    """A loader like `load`; in the given memory modes, the denoiser or the loading runs out of memory."""

    def __init__(self, *modes: Mode, loading: bool = False) -> None:
        self.modes, self.loading, self.loaded = modes, loading, list[Mode]()

    def __call__(self, checkpoint: Checkpoint, mode: Mode, card: Card) -> Any:
        self.loaded.append(mode)
        if mode in self.modes and self.loading:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")  # the words of CUDA
        pipeline = load(checkpoint, mode, card)
        if mode in self.modes:
            denoisers(pipeline)[0].register_forward_pre_hook(self._exhaust)
        return pipeline

    def _exhaust(self, *_seen: Any) -> None:
        torch.empty(PETABYTE, dtype=torch.uint8)  # the allocator refuses it


class Refusing:
    """A loader like `load` for a device that does not support some modes."""

    def __init__(self, *modes: Mode) -> None:
        self.modes, self.loaded = modes, list[Mode]()

    def __call__(self, checkpoint: Checkpoint, mode: Mode, card: Card) -> Any:
        self.loaded.append(mode)
        if mode in self.modes:
            raise TypeError("Cannot convert a float8 tensor to this device")  # as torch says it of Apple's
        return load(checkpoint, mode, card)


class Upset:
    """A loader like `load` that calls `happen` before every forward pass of the denoiser."""

    def __init__(self, happen: Callable[..., None]) -> None:
        self._happen = happen

    def __call__(self, checkpoint: Checkpoint, mode: Mode, card: Card) -> Any:
        pipeline = load(checkpoint, mode, card)
        denoisers(pipeline)[0].register_forward_pre_hook(self._happen)
        return pipeline


def _break(*_seen: Any) -> None:
    raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")


def _crash_once(presets: Path) -> Callable[..., None]:
    def crash(*_seen: Any) -> None:
        if not (crashed := presets.with_name("crashed")).exists():
            crashed.touch()
            os.kill(os.getpid(), signal.SIGSEGV)

    return crash


MOODS: dict[str, Callable[[Path], Loader]] = {
    "exhausted": lambda _presets: Cramped(Mode.RESIDENT),
    "broken": lambda _presets: Upset(_break),
    "crashing": lambda presets: Upset(_crash_once(presets)),
}
