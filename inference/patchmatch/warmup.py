"""Compiles every kernel, so that the first expansion is as fast as later ones:

`python -m inference.patchmatch.warmup`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inference.canvas import Margins
from inference.engine import Request, Style, ignore
from inference.patchmatch.engine import PatchMatch


def warm_up(cache: Path | None = None) -> Path | None:
    """Compile all kernels, which takes seconds the first time.

    Returns the folder of the machine code, or None when no folder is writable.
    """
    engine = PatchMatch(cache)
    photo = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    for style in Style:
        engine.expand(Request(photo, Margins(32, 24, 32, 24), style), ignore)
    return engine.cache


if __name__ == "__main__":
    warm_up()
