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


async def made(one: Chain, peaks: list[int], *, loop: bool) -> str:
    """Return one line: kB, seconds of the clock, and seconds of the CPU. Append peaks of memory in MB."""
    before, started = _processor(), time.perf_counter()
    watch = asyncio.create_task(_watch_memory(peaks))
    reel = await shoot(Script(one.master, one.steps, loop=loop), ignore)
    watch.cancel()
    seconds, processor = time.perf_counter() - started, _processor() - before
    what = f"{one.name} | {len(one.steps)} | {one.canvas.width} x {one.canvas.height} | {'loop' if loop else 'film'}"
    return f"| {what} | {len(reel.movie) / 1000:.0f} | {seconds:.1f} | {processor:.1f} |"


async def _watch_memory(peaks: list[int]) -> None:
    """Append the peaks of this process's children, in MB, again and again until cancelled."""
    while True:
        peaks += _peaks()
        await asyncio.sleep(0.02)


def _peaks() -> list[int]:
    """Return the peak memory of every child so far. `getrusage` counts what this process held at its start, too."""
    found = []
    for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split():
        with suppress(OSError, StopIteration):  # the child has ended
            lines = Path(f"/proc/{child}/status").read_text("ascii").splitlines()
            found.append(next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")))
    return found


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    peaks = list[int]()
    print("| photo | steps | canvas | what | kB | s | CPU s |\n| --- | --- | --- | --- | --- | --- | --- |")
    for name in CHAINS:
        one = chain(name)
        for loop in (False, True):
            print(asyncio.run(made(one, peaks, loop=loop)), flush=True)
    print(f"largest process of a film: {max(peaks)} MB")


if __name__ == "__main__":
    main()
