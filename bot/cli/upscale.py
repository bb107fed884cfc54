"""`kuotu upscale`: doubles the size of one picture in the terminal."""

from __future__ import annotations

import json
import time
from pathlib import Path

from bot.cli.expand import encode_as, progress_bar, suffix_of, write_whole
from bot.marks import Marks
from inference.canvas import Extent, Margins, check_limits
from inference.engine import Pixels, Request
from inference.image.codec import decode
from inference.image.upscale import NAME, upscale_expansion
from inference.marks.marking import mark
from inference.marks.origin import Origin, Step


def upscale_file(source: Path, out: Path, marks: Marks, *, max_megapixels: float, as_json: bool) -> None:
    """Double a picture into another file, which is written atomically. Raises Refused, OSError, BadPhoto, TooLarge."""
    suffix = suffix_of(out)
    photo = decode(source.read_bytes())
    width, height = larger = Extent.of(photo) * 2
    check_limits(larger, max_megapixels)
    started = time.perf_counter()
    with progress_bar(NAME) as report:
        large = upscale_expansion(photo, report)
    seconds = time.perf_counter() - started
    write_whole(out, marks.marked(encode_as(large, suffix), _origin(photo, large, marks)))
    facts = {"width": width, "height": height, "seconds": round(seconds, 3)}
    print(json.dumps(facts) if as_json else f"{out}: {width}x{height}, {seconds:.1f} s")


def _origin(photo: Pixels, large: Pixels, marks: Marks) -> Origin:
    done = mark(large, Request(photo, Margins()), marks.marking(NAME))
    return Origin(done.number, (Step(Extent.of(large).box, 2, done.source, NAME),))
