"""Watermarks: the photo stays, the mark is weak, and it survives what chats do to pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inference.canvas import Extent, Margins
from inference.engine import Pixels
from inference.image.codec import encode_chat
from inference.image.upscale import upscale_expansion
from inference.marks.code import CODED, decode, encode
from inference.marks.detection import detect
from inference.marks.watermark import SMALLEST, watermark
from tests.support.films import sample
from tests.support.marks import NUMBER, decoded, noise

SECRET = b"k" * 32
MARGINS = Margins(160, 0, 0, 110)  # 38 % of the canvas is new


def canvas(name: str = "sunset", width: int = 960, height: int = 640) -> Pixels:
    return sample(name, width, height).copy()


def marked(margins: Margins = MARGINS, **which: object) -> Pixels:
    pixels = canvas(**which)  # type: ignore[arg-type]
    assert watermark(pixels, margins, NUMBER, SECRET)
    return pixels


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def scaled(pixels: Pixels, longest: int) -> Pixels:
    size = Extent.of(pixels) * (longest / max(Extent.of(pixels)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.parametrize("name", ["sunset", "coffee", "rocket"])
def test_the_photo_stays_and_the_mark_is_at_most_one_grey_level(name: str) -> None:
    plain, after = canvas(name), marked(name=name)
    inside = MARGINS.inner(Extent.of(plain)).slices
    assert np.array_equal(plain[inside], after[inside])
    new = np.ones(plain.shape[:2], bool)
    new[inside] = False
    change = (after.astype(float) - plain)[new]
    assert 0.3 < np.sqrt(np.mean(change**2)) <= 1.0
    assert np.abs(change).max() <= 8


def test_a_clear_sky_stays_clean() -> None:
    sky = np.broadcast_to(np.linspace(120, 200, 640)[:, None, None], (640, 960, 3)).astype(np.uint8).copy()
    plain = sky.copy()
    assert watermark(sky, MARGINS, NUMBER, SECRET)
    change = sky.astype(float) - plain
    smooth = cv2.GaussianBlur(change[..., 0], (0, 0), 2)
    assert np.sqrt(np.mean(change[:, :160] ** 2)) < 0.75
    assert np.abs(smooth).max() < 1.5


def test_the_same_number_gives_the_same_pixels_and_another_key_others() -> None:
    assert np.array_equal(marked(), marked())
    other = canvas()
    watermark(other, MARGINS, NUMBER, b"o" * 32)
    assert not np.array_equal(other, marked())


@pytest.mark.parametrize("quality", [80, 95])
def test_the_number_survives_scaling_and_jpeg(quality: int) -> None:
    master = marked(width=1440, height=960, margins=Margins(240, 0, 0, 165))
    found = detect(jpeg(scaled(master, 1280), quality), SECRET)
    assert (found.sure, found.number) == (True, NUMBER)
    assert detect(jpeg(scaled(master, 640), quality), SECRET).sure


@pytest.mark.parametrize("crop", [np.s_[:, 90:], np.s_[:576], np.s_[64:]])
def test_the_number_survives_a_crop_of_a_tenth(crop: tuple[slice, ...]) -> None:
    found = detect(jpeg(marked()[crop], 85), SECRET)
    assert (found.sure, found.number) == (True, NUMBER)


def test_the_number_survives_the_chats_own_encoding_and_doubling() -> None:
    assert detect(decoded(encode_chat(marked())), SECRET).number == NUMBER
    large = upscale_expansion(np.ascontiguousarray(marked(width=480, height=320, margins=Margins(80, 0, 0, 55))))
    assert detect(large, SECRET).carries(NUMBER)


def test_a_wrong_key_and_a_clean_picture_carry_nothing() -> None:
    assert not detect(marked(), b"w" * 32).sure
    assert not detect(noise(64, 64), SECRET).sure


def test_a_chain_carries_its_newest_number_beside_the_older_one() -> None:
    first = marked(width=640, height=480, margins=Margins(0, 120, 0, 0))
    margins, newer = Margins(0, 0, 0, 160), "f" * 16
    second = cv2.copyMakeBorder(first, 0, 160, 0, 0, cv2.BORDER_REFLECT)
    assert watermark(second, margins, newer, SECRET)
    found = detect(second, SECRET)
    assert found.number in (newer, NUMBER)
    assert np.array_equal(second[:480], first)


def test_too_few_new_pixels_carry_no_number() -> None:
    pixels = canvas()
    plain = pixels.copy()
    assert not watermark(pixels, Margins(0, 0, int(960 * SMALLEST) - 2, 0), NUMBER, SECRET)
    assert np.array_equal(pixels, plain)


def test_the_code_corrects_errors() -> None:
    random = np.random.default_rng(0)
    for number in ("0" * 16, "f" * 16, NUMBER):
        coded = encode(number)
        assert len(coded) == CODED
        assert decode(coded + random.normal(0, 1.0, CODED).astype(np.float32)) == number
        flipped = coded * np.where(random.random(CODED) < 0.12, -1, 1).astype(np.float32)
        assert decode(flipped) == number
