"""The positions of pieces of the new part and their mirror images, for any margins."""

from __future__ import annotations

import pytest

from inference.canvas import Box, Extent, Margins
from inference.growth import Direction, scaled
from inference.surprise.semantic import PIECES, pairs

PHOTO = Extent(600, 400)


def boxes(direction: Direction, scale: float, photo: Extent = PHOTO) -> list[tuple[Box, Box]]:
    return [(pair.new, pair.own) for pair in pairs(scaled(photo, direction, scale), photo)]


@pytest.mark.parametrize(
    ("direction", "scale", "found"),
    [
        pytest.param(Direction.LEFT, 1.25, [
            (Box(0, 25, 150, 175), Box(150, 25, 300, 175)), (Box(0, 225, 150, 375), Box(150, 225, 300, 375)),
        ], id="as large as the margin and mirrored across the seam"),
        pytest.param(Direction.RIGHT, 1.05, [], id="too narrow to see a thing in"),
        pytest.param(Direction.DOWN, 1.1, [
            (Box(4 + 75 * i, 373, 71 + 75 * i, 440), Box(4 + 75 * i, 333, 71 + 75 * i, 400)) for i in range(8)
        ], id="narrow margins lend a third of the photo"),
        pytest.param(Direction.UP, 2.0, [
            (Box(left, top, left + 200, top + 200), Box(left, 800 - top - 200, left + 200, 800 - top))
            for top in (0, 200) for left in (0, 200, 400)
        ], id="two layers of a wide margin"),
    ],
)  # fmt: skip
def test_where_pieces_lie(direction: Direction, scale: float, found: list[tuple[Box, Box]]) -> None:
    assert boxes(direction, scale) == found


@pytest.mark.parametrize("photo", [PHOTO, Extent(400, 600), Extent(1, 1), Extent(3, 40), Extent(9000, 500)], ids=str)
@pytest.mark.parametrize("scale", [1.05, 1.25, 1.5, 2.0, 4.0])
@pytest.mark.parametrize("direction", Direction)
def test_a_handful_on_the_canvas_beside_as_large_ones_in_the_photo(
    direction: Direction, scale: float, photo: Extent
) -> None:
    margins = scaled(photo, direction, scale)
    canvas, home = margins.canvas(photo), margins.box(photo)
    found = pairs(margins, photo)
    assert len(found) <= PIECES
    assert len({pair.new for pair in found}) == len(found)
    for new, own in found:
        size = new.right - new.left
        assert 1 <= size <= max(1, min(photo) // 2 + 1)
        assert size == new.bottom - new.top == own.right - own.left == own.bottom - own.top
        assert min(new.left, new.top) >= 0
        assert new.right <= canvas.width
        assert new.bottom <= canvas.height
        assert home.left <= own.left
        assert home.top <= own.top
        assert own.right <= home.right
        assert own.bottom <= home.bottom
        assert _outside(new, home) >= size / 2 - 1


def _outside(box: Box, photo: Box) -> int:
    """Return the pixels by which a box extends beyond a photo, on the side where it extends furthest."""
    return max(photo.left - box.left, photo.top - box.top, box.right - photo.right, box.bottom - photo.bottom)


def test_every_side_with_room_has_its_share() -> None:
    found = pairs(Margins(200, 100, 10, 100), PHOTO)
    centres = [((new.left + new.right) / 2, (new.top + new.bottom) / 2) for new, _ in found]
    assert len([x for x, _ in centres if x < 200]) == 2
    assert len([y for x, y in centres if x > 200 and y < 100]) == 2
    assert len([y for x, y in centres if x > 200 and y > 500]) == 2
