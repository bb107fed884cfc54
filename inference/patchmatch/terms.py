"""What a source patch costs at a place of the canvas, besides its distance: uprightness and texture."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.patchmatch.kernel import kernel


class Terms(NamedTuple):
    """Costs of one level, in squared grey levels per patch; rows and columns name patches by their top left pixels."""

    wanted_row: NDArray[np.float32]  # (rows, cols) of the canvas: the source row this place would come from
    row_weight: float  # per source row away from it
    wanted_texture: NDArray[np.float32]  # (rows, cols) of the canvas
    texture: NDArray[np.float32]  # (rows, cols) of the atlas
    texture_weight: float  # per squared grey level of missing texture
    extra: NDArray[np.int32]  # (rows, cols) of the atlas: NEVER where no patch fits


@kernel
def penalty(terms, row, col, source_row, source_col):  # type: ignore[no-untyped-def]
    missing = max(terms.wanted_texture[row, col] - terms.texture[source_row, source_col], np.float32(0))
    astray = abs(source_row - terms.wanted_row[row, col])
    return terms.extra[source_row, source_col] + np.int32(
        terms.row_weight * astray + terms.texture_weight * missing * missing
    )
