"""Measure films: bytes, seconds and memory of zooms and loops, made as the bot makes them in a process of their own."""

from __future__ import annotations

import asyncio
import os
import resource
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.memory import peak_memory
from inference.canvas import Extent, Margins
from inference.engine import EngineName, Request, Style, ignore
from inference.film.process import Script, shoot
from inference.growth import Direction, scaled
from inference.image.codec import decode, encode_master
from inference.image.mosaic import Mosaic
from inference.registry import open_engine

SAMPLES = Path(__file__).parents[1] / "bot" / "playground" / "samples"
CHAINS = {
    "friends": (Style.PLAYFUL, [(Direction.ALL, 1.5)]),
    "chelsea": (Style.WILD, [(Direction.ALL, 1.5), (Direction.RIGHT, 1.5), (Direction.ALL, 1.5)]),
    "sunset": (Style.FAITHFUL, [(Direction.HORIZONTAL, 1.5), (Direction.UP, 1.5), *[(Direction.ALL, 1.25)] * 2]),
    "life": (Style.FAITHFUL, [(Direction.ALL, 1.25)] * 5),
    "picos": (Style.FAITHFUL, [(Direction.ALL, 1.5)] * 3 + [(Direction.LEFT, 1.25), (Direction.RIGHT, 1.25)]),
}


@dataclass(frozen=True)
class Chain:
    """A chain of expansions with its images."""

    name: str
    canvas: Extent
    master: Mosaic
    steps: Sequence[Margins]


def chain(name: str) -> Chain:
    """Expand a sample photo step by step with the engine without weights."""
    style, choices = CHAINS[name]
    canvas, engine, steps = decode((SAMPLES / f"{name}.jpg").read_bytes()), open_engine(EngineName.PATCHMATCH), []
    for number, (direction, scale) in enumerate(choices):
        steps.append(scaled(Extent.of(canvas), direction, scale))
        canvas = engine.expand(Request(canvas, steps[-1], style, seed=number), ignore).pixels
    return Chain(name, Extent.of(canvas), Mosaic.of(encode_master(canvas)), steps)


async def made(one: Chain, *, loop: bool) -> tuple[str, float]:
    """Return one line (kB, seconds of the clock, and seconds of the CPU) and the film's peak memory in MB."""
    before, started, peak = _processor(), time.perf_counter(), 0.0
    shooting = asyncio.create_task(shoot(Script(one.master, one.steps, loop=loop), ignore))
    while not shooting.done():
        peak = max(peak, _memory_of_children())
        await asyncio.wait({shooting}, timeout=0.02)
    reel = shooting.result()
    seconds, processor = time.perf_counter() - started, _processor() - before
    what = f"{one.name} | {len(one.steps)} | {one.canvas.width} x {one.canvas.height} | {'loop' if loop else 'film'}"
    return f"| {what} | {len(reel.movie) / 1000:.0f} | {seconds:.1f} | {processor:.1f} |", peak


def _memory_of_children() -> float:
    """Return the peak memory in MB of the largest child, or 0 if there is none."""
    peak = 0.0
    for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split():
        with suppress(OSError):  # the child has ended
            peak = max(peak, peak_memory(child))
    return peak


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    largest = 0.0
    print("| photo | steps | canvas | what | kB | s | CPU s |\n| --- | --- | --- | --- | --- | --- | --- |")
    for name in CHAINS:
        one = chain(name)
        for loop in (False, True):
            line, peak = asyncio.run(made(one, loop=loop))
            largest = max(largest, peak)
            print(line, flush=True)
    print(f"largest process of a film: {largest:.0f} MB")


if __name__ == "__main__":
    main()
