"""Measure what Kuotu adds to a pipeline call: `python benchmarks/diffusion.py`. Seconds of one core, the best of two.

The pipelines are small and untrained, but of the real classes. Their own time means nothing; the pixels that they are
asked for and the time around them do.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from inference.canvas import Box, Extent, Margins
from inference.diffusion.embeddings import Embeddings
from inference.diffusion.engine import Diffusion, open_diffusion
from inference.diffusion.init_image import sketch
from inference.diffusion.painter import Call, paint
from inference.diffusion.placement import denoisers
from inference.diffusion.prompts import write
from inference.diffusion.window import Window, plan
from inference.engine import Request, ignore
from tests.support.tiny import request_for, save_all

BUDGET = 512 * 512
SIDES = (1155, 2309, 4000)  # px: a 4:3 photo of 1, 4 and 12 megapixels
ROUNDS = 2


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def seconds(work: Callable[[], object]) -> float:
    """Return the least seconds of CPU of two runs."""
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def bare(engine: Diffusion, request: Request, *, whole: bool = False) -> Callable[[], object]:
    """Return just the pipeline call, of the request's only window or of the `whole` canvas at its own size."""
    preset = engine.preset
    window = plan(request.extent, request.margins, preset.budget, preset.multiple)
    if whole:
        width, height = request.margins.canvas(request.extent)
        work = Extent(*(-(-length // preset.multiple) * preset.multiple for length in (width, height)))
        window = Window(Box(0, 0, width, height), work)
    shown = sketch(request.photo, request.margins, window, preset.fill, preset.overlap, request.seed, preset.grid)
    wording = write(preset, request.style, request.margins, request.seed)
    call = Call(request.style, [wording], [request.seed])
    return lambda: paint(engine.pipeline, preset, [shown], call, ignore, Embeddings())


def painting(engine: Diffusion, request: Request) -> Callable[[], object]:
    """Return the engine's whole call for the request."""
    return lambda: engine.expand(request, ignore)


def overhead(engine: Diffusion, name: str, request: Request) -> None:
    """Print the overhead of the engine over the bare pipeline call."""
    canvas = request.margins.canvas(request.extent)
    ours, call = seconds(painting(engine, request)), seconds(bare(engine, request))
    resize = seconds(lambda: cv2.resize(request.photo, canvas, interpolation=cv2.INTER_LANCZOS4))
    note = f"call {call:.2f} s, whole {ours:.2f} s, around it {ours - call:.2f} s, one resize {resize:.2f} s"
    say(f"  {name:18} canvas {canvas.megapixels:4.1f} MP, fill {engine.preset.fill}: {note}")


def pixels(engine: Diffusion, request: Request, *, painted: bool) -> None:
    """Print the pixels of windows and of the whole canvas. `painted` also runs the latter, not only its size."""
    ours, taken = counted(engine, painting(engine, request))
    canvas = request.margins.canvas(request.extent)
    note = f"{ours:.2f} MP of {canvas.megapixels:.1f} MP, {canvas.megapixels / ours:.0f} times fewer"
    if painted:
        theirs, longer = counted(engine, bare(engine, request, whole=True))
        note += f"; the naive call painted {theirs:.2f} MP and took {longer:.1f} s of CPU, ours {taken:.1f} s"
    say(f"  photo {request.extent.megapixels:4.1f} MP: {note}")


def counted(engine: Diffusion, work: Callable[[], object]) -> tuple[float, float]:
    """Return the megapixels that the denoiser saw per step, and the seconds."""
    seen = list[int]()
    hook = denoisers(engine.pipeline)[0].register_forward_pre_hook(
        lambda _net, inputs: seen.append(inputs[0].shape[-1] * inputs[0].shape[-2] * 64)
    )
    start = time.process_time()
    work()
    hook.remove()
    return sum(seen) / engine.preset.steps / 1e6, time.process_time() - start


def batches(presets: Path, name: str) -> None:
    """Print the time of variants in one batch and one by one."""
    request = replace(request_for("coffee", 400), margins=Margins(100, 75, 100, 75))
    engines = [open_diffusion(f"{name}?presets={presets}&batch={batch}") for batch in (1, 4)]
    single, batched = (seconds(variants(engine, request)) for engine in engines)
    say(f"  {name:18} {single:.2f} s, {batched:.2f} s: {single / batched:.2f} times as fast together")


def variants(engine: Diffusion, request: Request) -> Callable[[], object]:
    return lambda: engine.variants(request, [1, 2, 3, 4], ignore)


def main() -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        presets = save_all(Path(folder))
        presets.write_text(presets.read_text("utf-8").replace("budget = 16384", f"budget = {BUDGET}"), "utf-8")
        requests = [request_for("picos-12mp", side) for side in SIDES]
        say("Around one call: preparing, joining, beside enlarging the canvas once by cv2 (Lanczos)")
        for name in ("tiny-sd15", "tiny-sdxl-inpaint", "tiny-klein"):
            engine = open_diffusion(f"{name}?presets={presets}")
            for request in requests:
                overhead(engine, name, request)
        sdxl = open_diffusion(f"tiny-sdxl?presets={presets}")
        say("Pixels a pipeline paints per step, all sides x1.5; a naive call paints the canvas")
        for request in requests:
            pixels(sdxl, request, painted=request is requests[0])
        say("Four variants of one photo: four calls of one, one call of four")
        for name in ("tiny-sd15", "tiny-sdxl", "tiny-flux-fill"):
            batches(presets, name)


if __name__ == "__main__":
    main()
