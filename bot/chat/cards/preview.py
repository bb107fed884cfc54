"""Images drawn without an engine: the preview of a canvas, and sheets of variants."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from inference.canvas import Extent, Margins

LONGEST = 640
PAPER, EDGE = (236, 239, 244), (255, 255, 255)


def canvas_preview(thumb: bytes, photo: Extent, margins: Margins, longest: int = LONGEST) -> bytes:
    """Return a JPEG of the canvas, at most `longest` px: the photo in its place, the new area blurred and hatched."""
    canvas = margins.canvas(photo)
    zoom = min(1.0, longest / max(canvas))
    size, place = (canvas * zoom).at_least(1), margins.box(photo) * zoom
    picture = Image.open(BytesIO(thumb)).convert("RGB")
    sheet = _hatched(_backdrop(picture, size))
    inner = place.extent.at_least(1)
    sheet.paste(picture.resize(inner, Image.Resampling.LANCZOS), (place.left, place.top))
    if margins:
        frame = (place.left, place.top, place.left + inner.width - 1, place.top + inner.height - 1)
        ImageDraw.Draw(sheet).rectangle(frame, outline=EDGE, width=max(1, longest // 300))
    return _jpeg(sheet)


def variants_sheet(
    pictures: Sequence[bytes | None], canvas: Extent, before: bytes | None = None, longest: int = 1280
) -> bytes:
    """Return a JPEG with two by two numbered cells of the canvas's shape. A missing variant is an empty cell.

    `before` is shown after the variants, without a number.
    """
    gap = longest // 160
    zoom = (longest - gap) / 2 / max(canvas)
    cell = (canvas * zoom).at_least(1)
    sheet = Image.new("RGB", (2 * cell.width + gap, 2 * cell.height + gap), EDGE)
    tiles = [_cell(picture, cell, number) for number, picture in enumerate(pictures, 1)]
    tiles += [_cell(before, cell)] if before is not None else []
    for place, tile in enumerate(tiles):
        sheet.paste(tile, ((place % 2) * (cell.width + gap), (place // 2) * (cell.height + gap)))
    return _jpeg(sheet)


def contact_sheet(pictures: Sequence[bytes], side: int = 420) -> bytes:
    """Return a JPEG with the numbered pictures in rows of three, cut to squares of `side` px."""
    gap, columns = side // 70, min(3, len(pictures))
    rows = -(-len(pictures) // columns)
    step = side + gap
    sheet = Image.new("RGB", (columns * step - gap, rows * step - gap), EDGE)
    for place, picture in enumerate(pictures):
        sheet.paste(_cell(picture, Extent(side, side), place + 1), (place % columns * step, place // columns * step))
    return _jpeg(sheet)


def _cell(picture: bytes | None, size: Extent, number: int = 0) -> Image.Image:
    if picture is None:
        tile = _hatched(Image.new("RGB", size, PAPER))
    else:
        tile = ImageOps.fit(Image.open(BytesIO(picture)).convert("RGB"), size, Image.Resampling.LANCZOS)
    if number:
        _number(tile, number)
    return tile


def _backdrop(picture: Image.Image, size: Extent) -> Image.Image:
    """Return the photo stretched, blurred and faded to a size, so that only its colours remain."""
    small = picture.resize((max(1, size.width // 16), max(1, size.height // 16)), Image.Resampling.BOX)
    soft = small.filter(ImageFilter.GaussianBlur(2)).resize(size, Image.Resampling.BICUBIC)
    return Image.blend(soft, Image.new("RGB", size, PAPER), 0.45)


def _hatched(sheet: Image.Image) -> Image.Image:
    lines = Image.new("L", sheet.size, 0)
    draw, (width, height) = ImageDraw.Draw(lines), sheet.size
    for offset in range(-height, width, 14):
        draw.line((offset, height, offset + height, 0), fill=72, width=2)
    sheet.paste(EDGE, mask=lines)
    return sheet


def _number(tile: Image.Image, number: int) -> None:
    radius = max(12, min(tile.size) // 14)
    draw = ImageDraw.Draw(tile)
    draw.ellipse((radius // 2, radius // 2, radius * 5 // 2, radius * 5 // 2), fill=(20, 24, 32))
    draw.text((radius * 3 // 2, radius * 3 // 2), str(number), fill=EDGE, anchor="mm", font=_font(radius * 5 // 4))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _jpeg(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "JPEG", quality=85)
    return file.getvalue()
