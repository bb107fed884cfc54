"""The shipped x2 network, compared with Lanczos on unseen photos, in tiles, and scaled down again."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import pytest
from PIL import Image

from inference.canvas import Box, Extent
from inference.engine import Cancelled, Pixels, Report
from inference.image.codec import decode
from inference.image.onnx import WEIGHTS, Network
from inference.image.upscale import REACH, TILE, enlarge, softened, upscale, upscale_expansion
from tests.support.photos import SAMPLES

UNSEEN = ["astronaut", "chelsea", "coffee", "rocket", "picos", "wine"]


def sample(name: str, longest: int) -> Image.Image:
    """Return a sample photo with even sides, scaled down so that it is sharp at its own size."""
    photo = Image.fromarray(decode((SAMPLES / f"{name}.jpg").read_bytes()))
    factor = min(1.0, longest / max(photo.size))
    width, height = (2 * round(length * factor / 2) for length in photo.size)
    return photo.resize((width, height), Image.Resampling.LANCZOS)


def small(name: str, longest: int) -> Pixels:
    return np.asarray(sample(name, longest))


def psnr(picture: Pixels, true: Pixels) -> float:
    error = (picture.astype(np.float64) - true)[4:-4, 4:-4]
    return float(10 * np.log10(255**2 / (error**2).mean()))


@pytest.mark.parametrize("name", UNSEEN)
def test_it_beats_lanczos_by_half_a_decibel_on_photos_kept_out_of_training(name: str) -> None:
    true = sample(name, 512)
    halved = true.resize((true.width // 2, true.height // 2), Image.Resampling.LANCZOS)
    lanczos = np.asarray(halved.resize(true.size, Image.Resampling.LANCZOS))
    ours = upscale(np.asarray(halved))
    assert psnr(ours, np.asarray(true)) > psnr(lanczos, np.asarray(true)) + 0.5


def test_tiles_leave_no_seam() -> None:
    photo = small("life", 700)[: TILE + 40, : TILE + 20]
    padded = np.pad(photo, ((REACH, REACH), (REACH, REACH), (0, 0)), mode="edge")
    whole = Network(WEIGHTS / "upscale.onnx")(padded)[2 * REACH : -2 * REACH, 2 * REACH : -2 * REACH]
    assert np.abs(upscale(photo).astype(int) - whole).max() <= 1


@pytest.mark.parametrize("extent", [(1, 1), (1, 9), (257, 3), (TILE, TILE + 1)], ids=str)
def test_any_size_is_doubled(extent: tuple[int, int]) -> None:
    height, width = extent
    photo = np.full((height, width, 3), (200, 100, 50), np.uint8)
    large = upscale(photo)
    assert large.shape == (2 * height, 2 * width, 3)
    assert np.abs(large.astype(int) - (200, 100, 50)).max() <= 2


def test_colours_and_edges_stay_in_place() -> None:
    photo = small("coffee", 300)
    large = upscale(photo)
    halved = cv2.resize(large, photo.shape[1::-1], interpolation=cv2.INTER_AREA)
    difference = halved.astype(int) - photo
    assert np.abs(difference.mean(axis=(0, 1))).max() < 0.3
    assert difference.std() < 3


@pytest.mark.parametrize("name", ["coffee", "life", "rocket"])
def test_a_doubled_master_halves_to_itself_bit_for_bit(name: str) -> None:
    master = small(name, 330)
    large = upscale_expansion(master)
    assert np.array_equal(cv2.resize(large, master.shape[1::-1], interpolation=cv2.INTER_AREA), master)
    by_hand = large.reshape(*master.shape[:1], 2, master.shape[1], 2, 3).sum(axis=(1, 3), dtype=int)
    assert np.array_equal((by_hand + 2) // 4, master)


def test_noise_and_pure_colours_halve_to_themselves_too() -> None:
    master = np.random.default_rng(0).integers(0, 256, (300, 40, 3), np.uint8)
    master[:20], master[20:40] = 0, 255
    master[40:60:2] = 255
    assert np.array_equal(cv2.resize(upscale_expansion(master), (40, 300), interpolation=cv2.INTER_AREA), master)


def test_other_programs_halve_it_to_the_master_too() -> None:
    master = small("chelsea", 300)
    assert np.array_equal(np.asarray(Image.fromarray(upscale_expansion(master)).reduce(2)), master)


def test_halving_to_itself_costs_little_of_the_gain() -> None:
    true = sample("astronaut", 512)
    halved = np.asarray(true.resize((true.width // 2, true.height // 2), Image.Resampling.BOX))
    lanczos = np.asarray(Image.fromarray(halved).resize(true.size, Image.Resampling.LANCZOS))
    assert psnr(upscale_expansion(halved), np.asarray(true)) > psnr(lanczos, np.asarray(true)) + 1


@pytest.mark.parametrize("size", [Extent(300, 200), Extent(150, 100), Extent(90, 60), Extent(450, 310)], ids=str)
def test_a_picture_is_enlarged_to_any_size(size: Extent) -> None:
    photo = np.asarray(cv2.resize(small("picos", 400), (150, 100), interpolation=cv2.INTER_AREA), np.uint8)
    large = enlarge(photo, size)
    assert large.shape == (size.height, size.width, 3)
    here, there = (cv2.resize(picture, (30, 20), interpolation=cv2.INTER_AREA) for picture in (large, photo))
    assert np.abs(here.astype(int) - there).mean() < 1


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param(Extent(100, 80), 1.0, id="same"),
        pytest.param(Extent(150, 120), 1.5, id="resampled"),
        pytest.param(Extent(200, 160), 1.0, id="doubled"),
        pytest.param(Extent(300, 240), 1.5, id="doubled and resampled"),
    ],
)
def test_what_the_network_doubles_is_not_softened(size: Extent, expected: float) -> None:
    assert softened(Extent(100, 80), size) == expected


@pytest.mark.parametrize("enlarging", [upscale, upscale_expansion])
@pytest.mark.parametrize("until", [0.2, 0.9])
def test_progress_grows_to_one_and_cancelling_passes_through(
    enlarging: Callable[[Pixels, Report], Pixels], until: float
) -> None:
    photo, seen = small("life", 600)[:60, : TILE + 10], list[float]()
    enlarging(photo, seen.append)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)

    def leave(fraction: float) -> None:
        if fraction > until:
            raise Cancelled

    with pytest.raises(Cancelled):
        enlarging(photo, leave)


def test_the_network_stays_within_a_megabyte() -> None:
    assert (WEIGHTS / "upscale.onnx").stat().st_size <= 1_000_000


LIFE = small("life", 400)[:240, :310]


@cache
def doubled_life() -> Pixels:
    return upscale(LIFE)


@pytest.mark.parametrize(
    "unread", [Box(60, 50, 290, 200), Box(0, 90, 310, 240), Box(41, 0, 77, 240)], ids=["middle", "below", "column"]
)
def test_what_nobody_looks_at_is_left_out_and_the_rest_stays_the_same(unread: Box) -> None:
    photo = LIFE
    looked_at = np.ones((480, 620), bool)
    looked_at[2 * unread.top : 2 * unread.bottom, 2 * unread.left : 2 * unread.right] = False
    whole, part = doubled_life(), upscale(photo, unread=unread)
    assert np.array_equal(part[looked_at], whole[looked_at])
    assert not part[~looked_at].any()
