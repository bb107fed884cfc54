"""Opens the engines of all styles, and those on offer, in the engine process, and warms each of them up."""

from __future__ import annotations

import time
import typing
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Final

import numpy as np

from inference.canvas import Margins
from inference.casting import EngineChoice
from inference.engine import Engine, EngineName, Reads, Request, ignore
from inference.quality.gate import Unfit
from inference.registry import resolved
from inference.worker.protocol import EngineInfo

WARM_UP: Final = Request(np.tile(np.arange(0, 256, 4).astype(np.uint8)[:, None], (48, 1, 3)), Margins(16, 16, 16, 16))


@dataclass(frozen=True)
class Opened:
    """An open engine, and what the program is told of it."""

    engine: Engine
    info: EngineInfo


def open_all(choices: Mapping[str, EngineChoice], opener: str, guests: str = "") -> dict[str, Opened]:
    """Open the engine of each style and of each name on offer, and an engine that several of them share once."""
    opened = dict[EngineChoice, Opened]()
    meant = {choice: resolved(choice) for choice in set(choices.values())}
    for choice in map(meant.__getitem__, choices.values()):
        if choice not in opened:
            engine, seconds = warm(opener, choice.name, choice.model, guests)
            took = seconds if engine.reads is not Reads.NOTHING else None  # without a model, kernels are compiled
            info = EngineInfo(engine.name, choice.model, engine.reads, engine.devices, took)
            opened[choice] = Opened(engine, info)
    return {name: opened[meant[choice]] for name, choice in choices.items()}


def warm(opener: str, name: EngineName, model: str, guests: str = "") -> tuple[Engine, float]:
    """Open an engine and paint one small canvas with it, so that it is loaded, compiled and known to work.

    Returns the engine, and the seconds that the canvas took.
    """
    module, _, function = opener.partition(":")
    engine = typing.cast(Engine, getattr(import_module(module), function)(name, model, guests))
    started = time.perf_counter()
    with suppress(Unfit):  # the quality of the warm-up canvas does not matter
        engine.expand(WARM_UP, ignore)
    return engine, time.perf_counter() - started
