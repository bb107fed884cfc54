"""Colours follow the file's metadata: ICC profiles by content, code points, and HDR by the order of its tones."""

from __future__ import annotations

from io import BytesIO
from struct import pack

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from inference.engine import Pixels
from inference.image.codec import decode, look
from inference.image.refusal import BadPhoto
from inference.image.rgb_space import from_code_points, from_gamma, from_still
from inference.image.tone_map import WHITE_NITS, ToneMap
from tests.support.pictures import chunk, cicp, clli, file, gama, iccp, png_with, ramps, scene, with_code_points
from tests.support.profiles import ADOBE_RGB, SRGB, rgb_profile

PQ, HLG, P3, BT2020 = 16, 18, 12, 9
SRGB_TRC = 13


def heic(picture: Pixels, primaries: int, transfer: int, **options: object) -> bytes:
    """Return a HEIC that is lossless except for the conversion to YCbCr."""
    whole = {"quality": -1, "chroma": 444, "matrix_coefficients": 6, "full_range_flag": 1}
    return file(picture, "HEIF", **whole, color_primaries=primaries, transfer_characteristics=transfer, **options)


@pytest.mark.parametrize("name", ["sRGB IEC61966-2.1", "c2", "not sRGB"])
def test_a_profile_counts_by_what_it_does_and_not_by_its_name(name: str) -> None:
    linear = png_with(iccp(rgb_profile(name, SRGB, 1.0)))
    assert np.array_equal(decode(linear), decode(png_with(iccp(rgb_profile("other", SRGB, 1.0)))))
    assert np.abs(decode(linear).astype(int) - scene()).max() > 40
    wide = png_with(iccp(rgb_profile(name, ADOBE_RGB, 2.2)))
    assert np.abs(decode(wide).astype(int) - scene()).max() > 20


@pytest.mark.parametrize(
    ("primaries", "transfer"),
    [(1, SRGB_TRC), (P3, SRGB_TRC), (BT2020, SRGB_TRC), (P3, 8), (P3, PQ), (BT2020, PQ), (BT2020, HLG)],
)
def test_a_heic_looks_like_a_png_of_the_same_pixels(primaries: int, transfer: int) -> None:
    found = decode(heic(scene(), primaries, transfer))
    expected = decode(png_with(cicp(primaries, transfer)))
    assert np.abs(found.astype(int) - expected).mean() <= 1.5


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_ten_bits_of_a_heic_are_used(transfer: int) -> None:
    """Dark tones that eight bits cannot distinguish stay distinct."""
    codes = np.tile(np.linspace(0.55, 0.65, 256)[None, :, None] * 65535, (32, 1, 3)).astype(np.uint16)
    whole = pillow_heif.from_bytes("RGB;16", (256, 32), codes.tobytes())
    data = BytesIO()
    whole.save(
        data, quality=-1, chroma=444, color_primaries=9, transfer_characteristics=transfer, matrix_coefficients=0
    )
    row = decode(data.getvalue())[16, :, 1]
    assert len(np.unique(row)) > 26  # of the codes of eight bits


@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize("primaries", [1, P3, BT2020])
def test_hdr_keeps_the_order_of_tones_and_clips_none(transfer: int, primaries: int) -> None:
    grey = decode(png_with(cicp(primaries, transfer), picture=ramps()))[8].astype(int)
    assert (np.diff(grey.max(axis=1)) >= 0).all()
    assert grey[0].max() == 0
    assert grey[255].min() >= 254
    assert (grey[:254] < 255).all()  # the brightest alone is the screen's white
    assert (np.ptp(grey, axis=1) <= 1).all()  # greys stay grey
    assert len(np.unique(grey[:, 0])) > 150


@pytest.mark.parametrize("peak", [100, 203, 204, 400, 1000, 4000, 10_000])
def test_the_tone_map_rises_from_black_to_white(peak: float) -> None:
    light = np.linspace(0, peak / WHITE_NITS, 5000, dtype=np.float32)
    shown = ToneMap(peak)(light)
    assert shown[0] == 0
    assert shown[-1] == pytest.approx(min(1, peak / WHITE_NITS), abs=1e-4)
    assert (np.diff(shown) > 0).all()
    assert (np.diff(shown, 2) < 1e-5).all()  # ever flatter, without a kink upwards


def test_white_and_the_peak_are_where_the_standard_puts_them() -> None:
    assert ToneMap(1000)(np.array([1.0], np.float32))[0] == pytest.approx(0.5, abs=1e-3)
    assert ToneMap(WHITE_NITS)(np.array([1.0], np.float32))[0] == pytest.approx(1)


def test_the_peak_that_a_file_tells_decides_how_dark_the_page_is() -> None:
    picture = (ramps() * 0.6).astype(np.uint8)
    means = [decode(png_with(cicp(BT2020, PQ), clli(nits), picture=picture)).mean() for nits in (400, 1000, 4000)]
    assert means[0] > means[1] + 5
    assert means[1] >= means[2]


def test_a_lying_peak_clips_nothing() -> None:
    grey = decode(png_with(cicp(BT2020, PQ), clli(300), picture=ramps()))[8, :, 0]
    assert (grey[:254] < 255).all()


@pytest.mark.parametrize(
    ("chunks", "same_as"),
    [
        pytest.param((cicp(P3, SRGB_TRC), iccp(rgb_profile("linear", SRGB, 1))), (cicp(P3, 13),), id="cICP over iCCP"),
        pytest.param((iccp(rgb_profile("l", SRGB, 1)), gama(0.3)), (iccp(rgb_profile("l", SRGB, 1)),), id="then iCCP"),
        pytest.param((chunk(b"sRGB", b"\0"), gama(1)), (), id="then sRGB"),
        pytest.param((cicp(2, 2), gama(1)), (gama(1),), id="unspecified is nothing"),
        pytest.param((chunk(b"cICP", bytes([9, 16, 9, 1])),), (), id="YCbCr is no PNG"),
        pytest.param((chunk(b"cICP", bytes([9, 16])),), (), id="cut"),
        pytest.param((chunk(b"cICP", bytes([9, 16, 0, 1]), check=7),), (), id="bad checksum"),
        pytest.param((chunk(b"gAMA", pack(">I", 0)),), (), id="gamma 0"),
        pytest.param((cicp(1, SRGB_TRC),), (), id="sRGB itself"),
    ],
)
def test_what_a_png_says_of_its_colours_has_an_order(chunks: tuple[bytes, ...], same_as: tuple[bytes, ...]) -> None:
    assert np.array_equal(decode(png_with(*chunks)), decode(png_with(*same_as)))


@pytest.mark.parametrize("transfer", [1, 6, 13, 14, 2])
def test_cameras_that_write_the_numbers_of_video_mean_srgb(transfer: int) -> None:
    data = file(scene(), "AVIF", quality=95)
    assert np.array_equal(decode(with_code_points(data, 1, transfer)), decode(data))


def test_an_avif_in_p3_is_converted() -> None:
    data = file(scene(), "AVIF", quality=100, subsampling="4:4:4")
    expected = decode(png_with(cicp(P3, SRGB_TRC)))
    assert np.abs(decode(with_code_points(data, P3, SRGB_TRC)).astype(int) - expected).mean() <= 1.5


def test_a_gain_map_leaves_the_picture_as_it_is() -> None:
    plain = file(scene(), "JPEG", quality=95)
    both = file(scene(), "MPO", quality=95, save_all=True, append_images=[Image.fromarray(scene()[..., 0])])
    assert np.array_equal(decode(both), decode(plain))


def test_transparent_hdr_lies_over_white() -> None:
    clear = np.dstack([scene(), np.zeros((40, 60), np.uint8)])
    assert (decode(png_with(cicp(BT2020, PQ), picture=Image.fromarray(clear))) == 255).all()
    half = np.dstack([scene(), np.full((40, 60), 128, np.uint8)])
    assert np.abs(decode(heic(half, P3, SRGB_TRC)).astype(int).mean() - 190) < 40


def test_spaces_that_span_no_colours_are_none() -> None:
    assert from_code_points(0, 13) is None
    assert from_code_points(1, 200) is None
    assert from_still(2, 2) is None
    assert from_gamma(0.45, ((0.3, 0.3),) * 4) is None
    assert from_gamma(0.45, ((0.6, 0.0), (0.3, 0.6), (0.1, 0.1), (0.3, 0.3))) is None


@pytest.mark.parametrize("top", [1.5, 40.0])
def test_floats_beyond_white_are_told_to_be_no_picture(top: float) -> None:
    data = file(Image.fromarray(np.linspace(0, top, 2400, dtype=np.float32).reshape(40, 60)), "TIFF")
    for read in (decode, look):
        with pytest.raises(BadPhoto, match="floating-point"):
            read(data)
