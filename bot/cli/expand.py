"""`kuotu expand`: expands one photo in the terminal."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from bot.errors import Refused
from bot.marks import Marks
from inference.canvas import Direction, Extent, Margins, check_limits, parse_ratio, scaled, with_ratio
from inference.casting import EngineChoice
from inference.engine import Pixels, Reads, Report, Request, Style
from inference.image.codec import decode, encode_png
from inference.marks.marking import mark
from inference.marks.origin import Origin, Step
from inference.quality.gate import judge
from inference.quality.retry import Attempt, Careful, trust
from inference.registry import open_engine
from inference.subject.memory import Subjects

JPEG: tuple[str, dict[str, Any]] = ("JPEG", {"quality": 95})
KINDS = {".png": ("PNG", {}), ".webp": ("WEBP", {"lossless": True}), ".jpg": JPEG, ".jpeg": JPEG}


@dataclass(frozen=True)
class Wish:
    """What the command line asks for. At most one of scale, ratio and margins is set."""

    direction: Direction
    scale: float | None
    ratio: str | None
    margins: tuple[int, int, int, int] | None
    style: Style
    seed: int
    prompt: str

    def request(self, photo: Pixels, max_megapixels: float) -> Request:
        """Return the request for a photo. Raises NoSuchCanvas."""
        extent = Extent.of(photo)
        margins = self._margins(extent)
        check_limits(margins.canvas(extent), max_megapixels)
        return Request(photo, margins, self.style, self.seed, self.prompt)

    def _margins(self, photo: Extent) -> Margins:
        if self.margins is not None:
            return Margins(*self.margins)
        if self.ratio is not None:
            return with_ratio(photo, self.direction, parse_ratio(self.ratio))
        return scaled(photo, self.direction, self.scale or 1.5)


@dataclass(frozen=True)
class EngineOptions:
    """Which engine paints, and within which limits."""

    engine: EngineChoice
    gate: bool
    max_megapixels: float

    def open(self) -> Careful:
        """Open the engine. Raises EngineUnavailable with the remedy."""
        return Careful(
            open_engine(self.engine.name, self.engine.model),
            judge if self.gate else trust,
            Subjects() if self.gate else None,
        )


def expand_file(source: Path, out: Path, wish: Wish, options: EngineOptions, marks: Marks, *, as_json: bool) -> None:
    """Expand a file into another one, and print what was made. No incomplete file is left behind.

    Raises Refused, OSError, BadPhoto, NoSuchCanvas, EngineError, EngineUnavailable.
    """
    suffix = suffix_of(out)
    request = replace(wish.request(decode(source.read_bytes()), options.max_megapixels), judged=options.gate)
    engine = options.open()
    if wish.prompt and engine.reads is Reads.NOTHING:
        remedy = "--engine diffusion does, once `kuotu pull` has brought a model"
        print(f"kuotu: the engine {engine.name} reads no words, so --prompt changes nothing; {remedy}", file=sys.stderr)
    attempt, seconds = _paint(engine, request)
    canvas = attempt.painted.pixels
    origin = _origin(request, attempt, engine.name, options.engine.model, marks)
    write_whole(out, marks.marked(encode_as(canvas, suffix), origin))
    width, height = Extent.of(canvas)
    facts = {
        "width": width,
        "height": height,
        "margins": list(astuple(request.margins)),
        "seed": attempt.seed,
        "engine": engine.name,
        "style": wish.style.value,
        "seconds": round(seconds, 3),
        "recipe": attempt.painted.recipe,
    }
    print(json.dumps(facts) if as_json else f"{out}: {width}x{height}, seed {attempt.seed}, {seconds:.1f} s")


def _origin(request: Request, attempt: Attempt, engine: str, model: str, marks: Marks) -> Origin:
    """Mark the canvas of an attempt, and return its origin."""
    done = mark(attempt.painted.pixels, replace(request, seed=attempt.seed), marks.marking(f"{engine} {model}"))
    version = str(attempt.painted.recipe.get("key", ""))
    return Origin(done.number, (Step(request.margins.box(request.extent), 1, done.source, engine, model, version),))


def suffix_of(out: Path) -> str:
    """Return the suffix of an output file. Raises Refused if it is unknown or the folder does not exist."""
    suffix = out.suffix.lower()
    if suffix not in KINDS:
        raise Refused(f"{out}: the name must end with the kind of file; use {', '.join(KINDS)}")
    if not out.parent.is_dir():
        raise Refused(f"{out.parent} is not a folder")
    return suffix


def encode_as(canvas: Pixels, suffix: str) -> bytes:
    """Encode an image in the format of a suffix: lossless PNG or WebP, or JPEG in high quality."""
    if suffix == ".png":
        return encode_png(canvas)
    name, options = KINDS[suffix]
    file = BytesIO()
    Image.fromarray(canvas).save(file, name, **options)
    return file.getvalue()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file atomically."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def progress_bar(title: str) -> Iterator[Report]:
    """Show a progress bar on stderr if that is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=1.0)
        yield lambda fraction: progress.update(task, completed=fraction)


def _paint(engine: Careful, request: Request) -> tuple[Attempt, float]:
    started = time.perf_counter()
    with progress_bar(f"{engine.name} {request.style.value}") as report:
        return engine.attempt(request, report), time.perf_counter() - started
