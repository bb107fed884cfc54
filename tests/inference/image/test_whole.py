"""A picture in pieces becomes one file for people to keep."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from inference.engine import Pixels
from inference.image.codec import decode, encode_master, encode_png, encode_webp, extent, is_png
from inference.image.mosaic import Mosaic, Piece
from inference.image.whole import full_resolution, whole
from tests.support.photos import SAMPLES


@pytest.fixture(scope="module")
def coffee() -> Pixels:
    return decode((SAMPLES / "coffee.jpg").read_bytes())


def halves(pixels: Pixels) -> Mosaic:
    middle = pixels.shape[1] // 2
    left, right = encode_webp(pixels[:, :middle]), encode_webp(pixels[:, middle:])
    return Mosaic((Piece(left), Piece(right, middle)))


@pytest.mark.parametrize(
    ("share", "extension", "lossless"),
    [
        pytest.param(1.0, "png", True, id="the PNG fits"),
        pytest.param(0.9, "webp", True, id="a WebP fits"),
        pytest.param(0.4, "jpg", False, id="only a JPEG fits"),
    ],
)
def test_the_full_resolution_is_the_best_that_fits(
    coffee: Pixels, share: float, extension: str, lossless: bool
) -> None:
    master = encode_master(coffee)
    limit = int(len(encode_png(coffee)) * share)
    data, found, kept = full_resolution(Mosaic.of(master), limit)
    assert (found, kept) == (extension, lossless)
    assert len(data) <= limit
    assert np.array_equal(decode(data), coffee) == lossless
    assert extent(data) == (600, 400)
    assert full_resolution(Mosaic.of(encode_png(coffee)), limit) == (data, found, kept)  # masters of the past are PNG
    assert full_resolution(halves(coffee), limit) == (data, found, kept)


def test_a_master_of_any_shape_can_be_kept() -> None:
    master = encode_master(np.random.default_rng(0).integers(0, 256, (16, 900, 3), np.uint8))
    assert full_resolution(Mosaic.of(master), 20_000)[1:] == ("jpg", False)


def test_a_whole_file_is_given_as_it_is_and_pieces_are_composed(coffee: Pixels) -> None:
    for file in (encode_png(coffee), encode_master(coffee)):
        assert whole(Mosaic.of(file)) is file
    composed = whole(halves(coffee))
    assert not is_png(composed)
    assert np.array_equal(decode(composed), coffee)
    assert Image.open(BytesIO(composed)).format == "WEBP"
