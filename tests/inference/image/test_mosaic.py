"""Pictures in pieces have exactly the pixels of the canvases that they were cut from."""

from __future__ import annotations

import numpy as np
import pytest

from inference.canvas import Box, Extent, Margins
from inference.engine import Pixels
from inference.image.codec import encode_png, encode_webp, extent
from inference.image.mosaic import Cutter, Growth, Mosaic, Piece, cut, laid, parts
from inference.image.refusal import BadPhoto
from inference.image.upscale import upscale_expansion
from inference.marks.origin import pixel_hash
from tests.support.films import sample

ALL = Margins(20, 10, 30, 7)


def painted(photo: Pixels, margins: Margins, seed: int = 0) -> Pixels:
    """Return a canvas of noise around a photo."""
    size = margins.canvas(Extent.of(photo))
    canvas = np.random.default_rng(seed).integers(0, 256, (size.height, size.width, 3), np.uint8)
    canvas[margins.box(Extent.of(photo)).slices] = photo
    return canvas


def grown(canvas: Pixels, before: Mosaic, margins: Margins, cutter: Cutter | None = None) -> Growth:
    photo = before.pixels()
    return (cutter or Cutter()).growth(canvas, before, photo, margins, pixel_hash(photo))


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        pytest.param(Box(0, 0, 0, 9), [], id="empty"),
        pytest.param(Box(5, 5, 4, 9), [], id="inside out"),
        pytest.param(Box(2, 3, 12, 13), [Box(2, 3, 12, 13)], id="small enough"),
        pytest.param(Box(2, 3, 12, 14), [Box(2, 3, 12, 9), Box(2, 9, 12, 14)], id="two even rows"),
        pytest.param(Box(0, 0, 41, 2), [Box(0, 0, 40, 2), Box(40, 0, 41, 2)], id="wider than a file"),
        pytest.param(Box(0, 0, 40, 5), [Box(0, 0, 40, 2), Box(0, 2, 40, 4), Box(0, 4, 40, 5)], id="wide rows"),
        pytest.param(Box(0, 0, 1, 90), [Box(0, 0, 1, 30), Box(0, 30, 1, 60), Box(0, 60, 1, 90)], id="tall"),
    ],
)
def test_rectangles_are_cut_into_even_parts(box: Box, expected: list[Box]) -> None:
    assert list(parts(box, area=100, side=40)) == expected


@pytest.mark.parametrize("margins", [ALL, Margins(9), Margins(0, 9), Margins(0, 0, 9), Margins(0, 0, 0, 9), Margins()])
def test_a_canvas_is_its_photo_and_what_surrounds_it(margins: Margins) -> None:
    photo = sample("coffee", 120, 80)
    canvas, sent = painted(photo, margins), Mosaic.of(encode_png(photo))
    growth = grown(canvas, sent, margins)
    master = growth.of(sent, margins)
    assert not growth.onto
    assert np.array_equal(master.pixels(), canvas)
    first = master.pieces[0]
    assert (first.left, first.top) == (margins.left, margins.top)
    assert np.array_equal(Mosaic.of(first.data).pixels(), photo)
    assert all(one.data[:4] == b"RIFF" for one in master.pieces)
    assert len(master.pieces) == 1 + sum(side > 0 for side in vars(margins).values())


def test_a_photo_as_it_was_sent_is_no_part_of_a_master() -> None:
    photo = encode_png(sample("coffee", 120, 80))
    master = grown(painted(Mosaic.of(photo).pixels(), ALL), Mosaic.of(photo), ALL).of(Mosaic.of(photo), ALL)
    assert photo not in master.files


@pytest.mark.parametrize("first", [True, False], ids=["from a sent photo", "from a master in one file"])
def test_three_steps_add_only_what_they_paint(first: bool) -> None:
    photo = sample("coffee", 120, 80)
    before, canvas, cutter = Mosaic.of(encode_webp(photo), made=not first), photo, Cutter()
    for number, margins in enumerate([ALL, Margins(0, 0, 15), Margins(3, 4, 5, 6)]):
        canvas = painted(canvas, margins, number)
        growth = grown(canvas, before, margins, cutter)
        assert growth.onto == (number > 0 or not first)
        after = growth.of(before, margins)
        if growth.onto:
            assert after.files[: len(before.files)] == before.files
        assert pixel_hash(after.pixels()) == pixel_hash(canvas)
        before = after
    assert len(before.pieces) == 1 + 4 + 1 + 4


def test_all_variants_of_a_photo_share_its_piece() -> None:
    photo, cutter = Mosaic.of(encode_png(sample("coffee", 120, 80))), Cutter()
    one, two = (grown(painted(photo.pixels(), ALL, seed), photo, ALL, cutter) for seed in (1, 2))
    other = grown(painted(photo.pixels(), Margins(5), 3), photo, Margins(5))
    assert one.files[0] is two.files[0]
    assert one.files[0] == other.files[0]
    assert not set(one.files[1:]) & set(two.files[1:])


def test_the_next_photo_has_pieces_of_its_own() -> None:
    cutter = Cutter()
    for name in ("coffee", "rocket", "coffee"):
        photo = sample(name, 120, 80)
        canvas, sent = painted(photo, ALL), Mosaic.of(encode_png(photo))
        assert np.array_equal(grown(canvas, sent, ALL, cutter).of(sent, ALL).pixels(), canvas)


def test_a_doubled_picture_is_cut_anew() -> None:
    before = Mosaic.of(encode_webp(sample("coffee", 120, 80)), made=True)
    twice = upscale_expansion(before.pixels())
    growth = grown(twice, before, Margins())
    assert not growth.onto
    assert np.array_equal(growth.of(before, Margins()).pixels(), twice)


def test_a_canvas_that_changed_its_photo_is_cut_anew() -> None:
    before = Mosaic.of(encode_webp(sample("coffee", 120, 80)), made=True)
    canvas = painted(before.pixels(), ALL)
    canvas[40, 60, 1] ^= 1
    growth = grown(canvas, before, ALL)
    assert not growth.onto
    assert np.array_equal(growth.of(before, ALL).pixels(), canvas)


def test_large_pictures_have_pieces_that_take_bounded_memory() -> None:
    canvas = np.zeros((2300, 5000, 3), np.uint8)
    canvas[::7, ::5] = 200
    pieces = cut(canvas, Extent.of(canvas).box)
    assert [extent(piece.data).height for piece in pieces] == [767, 767, 766]
    assert np.array_equal(Mosaic(pieces).pixels(), canvas)


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(laid([(0, 0), (40, 0)], [encode_webp(np.zeros((9, 30, 3), np.uint8))] * 2), id="a gap"),
        pytest.param(laid([(0, 0), (20, 0)], [encode_webp(np.zeros((9, 30, 3), np.uint8))] * 2), id="an overlap"),
        pytest.param((Piece(encode_webp(np.zeros((9, 30, 3), np.uint8)), 5),), id="away from the corner"),
        pytest.param((Piece(b"no picture"),), id="no picture"),
    ],
)
def test_what_does_not_cover_its_canvas_is_refused(pieces: tuple[Piece, ...]) -> None:
    with pytest.raises(BadPhoto):
        Mosaic(pieces).pixels()
