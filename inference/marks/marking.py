"""Marks a finished canvas: puts the number into its new pixels, and measures what the register keeps of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from inference.engine import Pixels, Request
from inference.marks.corner import draw_label
from inference.marks.fingerprint import fingerprint
from inference.marks.number import number_of
from inference.marks.origin import pixel_hash
from inference.marks.watermark import watermark


@dataclass(frozen=True)
class Marking:
    """How results are marked."""

    secret: bytes = field(default=b"", repr=False)  # of the installation; numbers and watermarks depend on it
    maker: str = ""  # names the engine and its model; numbers depend on it
    watermark: bool = False  # whether the new pixels carry the number
    label: bool = False  # whether a visible label is drawn into a corner of the new pixels


@dataclass(frozen=True)
class Marked:
    """What the register keeps of a result."""

    number: str  # 16 hexadecimal digits
    watermarked: bool  # whether the pixels carry the number
    labelled: bool  # whether a visible label is drawn into them
    fingerprint: str  # 16 hexadecimal digits
    source: str  # the SHA-256 of the photo's pixels
    result: str  # the SHA-256 of the canvas, after the watermark


def mark(canvas: Pixels, request: Request, marking: Marking) -> Marked:
    """Put what is asked for into the new pixels of a request's canvas, in place, and measure the result."""
    source = pixel_hash(request.photo)
    number = number_of(marking.secret, source, request, marking.maker)
    shows = marking.label and draw_label(canvas, request.margins)
    carries = marking.watermark and watermark(canvas, request.margins, number, marking.secret)
    return Marked(number, carries, shows, fingerprint(canvas), source, pixel_hash(canvas))
