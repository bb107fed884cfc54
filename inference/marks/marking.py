"""Marks a finished canvas: puts the number into its new pixels, and measures what the register keeps of it."""

from __future__ import annotations

from dataclasses import dataclass

from inference.engine import Pixels, Request
from inference.marks.fingerprint import fingerprint
from inference.marks.number import number_of
from inference.marks.origin import pixel_hash
from inference.marks.watermark import watermark


@dataclass(frozen=True)
class Marked:
    """What the register keeps of a result."""

    number: str  # 16 hexadecimal digits
    watermarked: bool  # whether the pixels carry the number
    fingerprint: str  # 16 hexadecimal digits
    source: str  # the SHA-256 of the photo's pixels
    result: str  # the SHA-256 of the canvas, after the watermark


def mark(canvas: Pixels, request: Request, secret: bytes, maker: str, *, watermarked: bool) -> Marked:
    """Put the number of a request into its canvas, in place, and measure the result.

    `maker` names what made it: an engine and its model. Without `watermarked`, no pixel changes.
    """
    source = pixel_hash(request.photo)
    number = number_of(secret, source, request, maker)
    carries = watermarked and watermark(canvas, request.margins, number, secret)
    return Marked(number, carries, fingerprint(canvas), source, pixel_hash(canvas))
