"""Make bot/chat/example/welcome.jpg, with which the bot greets: a photo on its canvas, and how wild it may get.

`.venv/bin/python scripts/welcome_picture.py`
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from readme_picture import asked, before

from inference.engine import EngineName, Style, ignore
from inference.registry import open_engine

PICTURE = Path(__file__).parents[1] / "bot/chat/example/welcome.jpg"
SAMPLE, SEED = "coffee", 5
WIDTH, GAP = 1080, 96  # px
SMALLER = 0.62  # of the width: the photo before
PAPER, ARROW = (255, 255, 255), (46, 125, 50)


def main() -> None:
    """Write the picture."""
    request = asked(SAMPLE, Style.WILD, SEED)
    canvas = open_engine(EngineName.PATCHMATCH).expand(request, ignore).pixels
    photo, wild = before(request), Image.fromarray(np.ascontiguousarray(canvas))
    photo, wild = (scaled_to(picture, width) for picture, width in ((photo, round(WIDTH * SMALLER)), (wild, WIDTH)))
    sheet = Image.new("RGB", (WIDTH, photo.height + GAP + wild.height), PAPER)
    sheet.paste(photo, ((WIDTH - photo.width) // 2, 0))
    sheet.paste(wild, (0, photo.height + GAP))
    arrow(ImageDraw.Draw(sheet), photo.height + GAP // 2)
    sheet.save(PICTURE, quality=82, optimize=True, progressive=True)


def scaled_to(picture: Image.Image, width: int) -> Image.Image:
    """Return a picture with this width in px."""
    return picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)


def arrow(draw: ImageDraw.ImageDraw, middle: int) -> None:
    """Draw an arrow that points down, around a height in px."""
    centre, half, wing = WIDTH // 2, GAP // 3, GAP // 4
    draw.line((centre, middle - half, centre, middle + half - 6), ARROW, width=14)
    tip = middle + half
    draw.polygon([(centre - wing, tip - wing), (centre + wing, tip - wing), (centre, tip + 4)], ARROW)


if __name__ == "__main__":
    main()
