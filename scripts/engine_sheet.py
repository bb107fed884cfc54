"""Makes docs/engine-styles.jpg: the engine without weights in its styles, on people, animals, rooms and landscapes.

`.venv/bin/python scripts/engine_sheet.py`
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from PIL import Image
from readme_picture import ROOT, asked, before

from inference.engine import EngineName, Pixels, Request, Style, ignore
from inference.growth import Direction, scaled
from inference.registry import open_engine

PHOTOS = ("chelsea", "friends", "wine", "coffee", "picos", "aitzgorri", "sunset", "seeding")
ASKED = ((Style.FAITHFUL, 1), (Style.PLAYFUL, 1), (Style.WILD, 1), (Style.WILD, 2))  # style, seed
CELL, GAP = (272, 204), 6  # px
LONGEST = 420  # px of a photo


def main() -> None:
    engine = open_engine(EngineName.PATCHMATCH)
    wide, tall = CELL[0] + GAP, CELL[1] + GAP
    sheet = Image.new("RGB", (wide * (len(ASKED) + 1) - GAP, tall * len(PHOTOS) - GAP), "white")
    for row, name in enumerate(PHOTOS):
        request = small(asked(name, *ASKED[0]))
        results = [engine.expand(replace(request, style=style, seed=seed), ignore).pixels for style, seed in ASKED]
        for col, picture in enumerate([before(request), *map(shown, results)]):
            picture.thumbnail(CELL, Image.Resampling.LANCZOS)
            left, top = (CELL[0] - picture.width) // 2, (CELL[1] - picture.height) // 2
            sheet.paste(picture, (col * wide + left, row * tall + top))
    sheet.save(ROOT / "docs" / "engine-styles.jpg", quality=70, optimize=True, progressive=True)


def small(request: Request) -> Request:
    """The same of a photo that is no larger than the sheet shows it; what walks in is then as sharp as the rest."""
    factor = LONGEST / max(request.extent)
    photo = cv2.resize(request.photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    resized = replace(request, photo=np.asarray(photo, np.uint8))
    return replace(resized, margins=scaled(resized.extent, Direction.ALL, 1.5))


def shown(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(pixels))


if __name__ == "__main__":
    main()
