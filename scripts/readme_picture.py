"""Make docs/before-after.jpg for the README: photos on their canvas, and expanded by the engine without weights.

`.venv/bin/python scripts/readme_picture.py`
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from inference.canvas import Margins
from inference.engine import EngineName, Pixels, Request, Style, ignore
from inference.growth import Direction, scaled
from inference.image.codec import decode
from inference.registry import open_engine

ROOT = Path(__file__).parents[1]
ROWS = (("aitzgorri", Style.FAITHFUL, 2), ("coffee", Style.WILD, 5))  # sample, style, seed
HALF, GAP = 796, 8  # px
PAPER, LINE = (246, 245, 242), (214, 211, 205)


def main() -> None:
    """Write the image."""
    engine = open_engine(EngineName.PATCHMATCH)
    rows = [row(engine.expand(request, ignore).pixels, request) for request in map(asked, *zip(*ROWS, strict=True))]
    height = sum(picture.height for picture in rows) + GAP * (len(rows) - 1)
    sheet = Image.new("RGB", (2 * HALF + GAP, height), "white")
    top = 0
    for picture in rows:
        sheet.paste(picture, (0, top))
        top += picture.height + GAP
    sheet.save(ROOT / "docs" / "before-after.jpg", quality=80, optimize=True, progressive=True)


def asked(sample: str, style: Style, seed: int) -> Request:
    """Return the request that expands a sample photo to all sides."""
    photo = decode((ROOT / "bot/playground/samples" / f"{sample}.jpg").read_bytes())
    bare = Request(photo, Margins(0, 0, 0, 0))
    return Request(photo, scaled(bare.extent, Direction.ALL, 1.5), style, seed)


def row(canvas: Pixels, request: Request) -> Image.Image:
    """Return before and after, side by side."""
    height, width = canvas.shape[:2]
    size = (HALF, round(HALF * height / width))
    pair = Image.new("RGB", (2 * HALF + GAP, size[1]), "white")
    for left, picture in ((0, before(request)), (HALF + GAP, Image.fromarray(np.ascontiguousarray(canvas)))):
        pair.paste(picture.resize(size, Image.Resampling.LANCZOS), (left, 0))
    return pair


def before(request: Request) -> Image.Image:
    """Return the photo on its empty canvas."""
    width, height = request.margins.canvas(request.extent)
    picture = Image.new("RGB", (width, height), PAPER)
    dash(picture, max(6, width // 100))
    picture.paste(Image.fromarray(request.photo), (request.margins.left, request.margins.top))
    return picture


def dash(picture: Image.Image, length: int) -> None:
    """Draw a dashed frame around the area to be painted."""
    draw, (width, height) = ImageDraw.Draw(picture), picture.size
    thick, inset = max(2, length // 4), length
    for x in range(inset, width - inset, 2 * length):
        for y in (inset, height - inset):
            draw.line((x, y, min(x + length, width - inset), y), LINE, thick)
    for y in range(inset, height - inset, 2 * length):
        for x in (inset, width - inset):
            draw.line((x, y, x, min(y + length, height - inset)), LINE, thick)


if __name__ == "__main__":
    main()
