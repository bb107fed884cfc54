"""Makes docs/engine-styles.jpg: the engine without weights in its styles, on people, animals, rooms and landscapes.

`.venv/bin/python scripts/engine_sheet.py`
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image
from readme_picture import ROOT, asked, before

from inference.engine import EngineName, Pixels, Style, ignore
from inference.registry import open_engine

PHOTOS = ("astronaut", "chelsea", "friends", "wine", "coffee", "picos", "sunset", "seeding")
ASKED = ((Style.FAITHFUL, 1), (Style.FAITHFUL, 2), (Style.PLAYFUL, 1), (Style.WILD, 1))  # style, seed
CELL, GAP = (320, 240), 6  # px


def main() -> None:
    engine = open_engine(EngineName.PATCHMATCH)
    wide, tall = CELL[0] + GAP, CELL[1] + GAP
    sheet = Image.new("RGB", (wide * (len(ASKED) + 1) - GAP, tall * len(PHOTOS) - GAP), "white")
    for row, name in enumerate(PHOTOS):
        request = asked(name, *ASKED[0])
        results = [engine.expand(replace(request, style=style, seed=seed), ignore).pixels for style, seed in ASKED]
        for col, picture in enumerate([before(request), *map(shown, results)]):
            picture.thumbnail(CELL, Image.Resampling.LANCZOS)
            left, top = (CELL[0] - picture.width) // 2, (CELL[1] - picture.height) // 2
            sheet.paste(picture, (col * wide + left, row * tall + top))
    sheet.save(ROOT / "docs" / "engine-styles.jpg", quality=82, optimize=True, progressive=True)


def shown(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(pixels))


if __name__ == "__main__":
    main()
