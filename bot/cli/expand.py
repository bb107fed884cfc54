"""`kuotu expand`: one expansion in the terminal."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from bot.errors import Refused
from inference.canvas import Direction, Extent, Margins, check_limits, parse_ratio, scaled, with_ratio
from inference.engine import EngineName, Pixels, Report, Request, Style
from inference.image.codec import decode, encode_master
from inference.quality.gate import judge
from inference.quality.retry import Attempt, Careful, trust
from inference.registry import open_engine

JPEG: tuple[str, dict[str, Any]] = ("JPEG", {"quality": 95})
KINDS = {".png": ("PNG", {}), ".webp": ("WEBP", {"lossless": True}), ".jpg": JPEG, ".jpeg": JPEG}


@dataclass(frozen=True)
class Wish:
    """What the command line asked for; at most one of scale, ratio and margins is set."""

    direction: Direction
    scale: float | None
    ratio: str | None
    margins: tuple[int, int, int, int] | None

    def of(self, photo: Extent, max_megapixels: float) -> Margins:
        """The margins it comes to. Raises NoSuchCanvas."""
        if self.margins is not None:
            margins = Margins(*self.margins)
        elif self.ratio is not None:
            margins = with_ratio(photo, self.direction, parse_ratio(self.ratio))
        else:
            margins = scaled(photo, self.direction, self.scale or 1.5)
        check_limits(margins.canvas(photo), max_megapixels)
        return margins


def expand_file(
    source: Path,
    out: Path,
    wish: Wish,
    *,
    style: Style,
    seed: int,
    prompt: str,
    engine: EngineName,
    model: str,
    max_megapixels: float,
    gate: bool,
    as_json: bool,
) -> None:
    """Expand one file into another, whole or not at all.

    Raises Refused, OSError, BadPhoto, NoSuchCanvas, EngineError, EngineUnavailable.
    """
    suffix = suffix_of(out)
    photo = decode(source.read_bytes())
    extent = Extent(photo.shape[1], photo.shape[0])
    request = Request(photo, wish.of(extent, max_megapixels), style, seed, prompt, judged=gate)
    painter = open_engine(engine, model)
    careful = Careful(painter, judge if gate else trust)
    attempt, seconds = _paint(careful, request)
    canvas, seed = attempt.canvas, attempt.seed
    write_whole(out, encode_as(canvas, suffix))
    height, width = canvas.shape[:2]
    margins = request.margins
    facts = {
        "width": width,
        "height": height,
        "margins": [margins.left, margins.top, margins.right, margins.bottom],
        "seed": seed,
        "engine": painter.name,
        "style": style.value,
        "seconds": round(seconds, 3),
        "recipe": attempt.recipe,
    }
    print(json.dumps(facts) if as_json else f"{out}: {width}x{height}, seed {seed}, {seconds:.1f} s")


def suffix_of(out: Path) -> str:
    """What the end of a name says of the file to be written. Raises Refused."""
    suffix = out.suffix.lower()
    if suffix not in KINDS:
        raise Refused(f"{out}: the end of the name says the kind of file; use {', '.join(KINDS)}")
    if not out.parent.is_dir():
        raise Refused(f"{out.parent} is not a folder")
    return suffix


def encode_as(canvas: Pixels, suffix: str) -> bytes:
    """A file of the kind that a suffix names: PNG and WebP without loss, JPEG nearly so."""
    if suffix == ".png":
        return encode_master(canvas)
    name, options = KINDS[suffix]
    file = BytesIO()
    Image.fromarray(canvas).save(file, name, **options)
    return file.getvalue()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there in full or not there."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def progress_bar(title: str) -> Iterator[Report]:
    """On a terminal's stderr; elsewhere nothing is shown."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=1.0)
        yield lambda fraction: progress.update(task, completed=fraction)


def _paint(engine: Careful, request: Request) -> tuple[Attempt, float]:
    started = time.perf_counter()
    with progress_bar(f"{engine.name} {request.style.value}") as report:
        return engine.attempt(request, report), time.perf_counter() - started
