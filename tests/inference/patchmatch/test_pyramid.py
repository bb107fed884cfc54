"""The work of the engine without a model follows its budget, whatever the size of the photo."""

from __future__ import annotations

import pytest

from inference.canvas import Extent, Margins
from inference.patchmatch.engine import COARSE, WORK, WORK_LARGE
from inference.patchmatch.pyramid import plan

PHOTOS = [
    pytest.param(Extent(1024, 768), id="0.8 MP"),
    pytest.param(Extent(4000, 3000), id="12 MP"),
    pytest.param(Extent(8192, 6144), id="50 MP"),
    pytest.param(Extent(12000, 800), id="panorama"),
]


@pytest.mark.parametrize("photo", PHOTOS)
@pytest.mark.parametrize("work", [WORK, WORK_LARGE])
def test_no_level_is_larger_than_the_budget(photo: Extent, work: int) -> None:
    margins = Margins(photo.width // 4, photo.height // 4, photo.width // 4, photo.height // 4)
    levels = plan(photo, margins, work, COARSE)
    assert max(level.area for level in levels) <= 1.02 * work  # sides are whole pixels
    assert sum(level.area for level in levels) <= 2 * work


def test_a_photo_of_fifty_megapixels_takes_as_many_levels_as_one_of_twelve() -> None:
    sizes = [Extent(4000, 3000), Extent(8192, 6144)]
    plans = [plan(size, Margins(size.width // 4, 0, 0, 0), WORK, COARSE) for size in sizes]
    assert len(plans[0]) == len(plans[1])
    assert [level.area for level in plans[0]] == pytest.approx([level.area for level in plans[1]], rel=0.02)
