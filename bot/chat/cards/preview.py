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
    tiles = [_cell(picture, cell, number) for number, picture in enumerate(pictures, 1)]
    tiles += [_cell(before, cell)] if before is not None else []
    return _jpeg(_in_rows(tiles, 2, 2, gap))


def steps_sheet(pictures: Sequence[tuple[int, bytes]], longest: int = 1280) -> bytes:
    """Return a JPEG with the pictures of a journey in their order, each whole and with its number.

    Two are side by side, four two by two, and three or five in rows of three. The cells have the shape of the first.
    """
    columns = 2 if len(pictures) in (2, 4) else min(3, len(pictures))
    shape, gap = Extent(*Image.open(BytesIO(pictures[0][1])).size), longest // 160
    cell = (shape * ((longest - gap * (columns - 1)) / columns / max(shape))).at_least(1)
    tiles = [_cell(picture, cell, number, whole=True) for number, picture in pictures]
    return _jpeg(_in_rows(tiles, columns, -(-len(tiles) // columns), gap))


def contact_sheet(pictures: Sequence[bytes], side: int = 420) -> bytes:
    """Return a JPEG with the numbered pictures in rows of three, each whole in a square of `side` px."""
    columns = min(3, len(pictures))
    tiles = [_cell(picture, Extent(side, side), number, whole=True) for number, picture in enumerate(pictures, 1)]
    return _jpeg(_in_rows(tiles, columns, -(-len(tiles) // columns), side // 70))


def _in_rows(tiles: Sequence[Image.Image], columns: int, rows: int, gap: int) -> Image.Image:
    """Return tiles of one size on a sheet, row by row."""
    width, height = tiles[0].width + gap, tiles[0].height + gap
    sheet = Image.new("RGB", (columns * width - gap, rows * height - gap), EDGE)
    for place, tile in enumerate(tiles):
        sheet.paste(tile, (place % columns * width, place // columns * height))
    return sheet


def _cell(picture: bytes | None, size: Extent, number: int = 0, *, whole: bool = False) -> Image.Image:
    """Return a picture as a cell of a sheet: cut to its shape, or `whole` with bars beside it."""
    if picture is None:
        tile = _hatched(Image.new("RGB", size, PAPER))
    else:
        image, fit = Image.open(BytesIO(picture)).convert("RGB"), Image.Resampling.LANCZOS
        tile = ImageOps.pad(image, size, fit, PAPER) if whole else ImageOps.fit(image, size, fit)
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
