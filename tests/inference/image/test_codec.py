"""Decoding of every kind of file that people send, valid and invalid."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from io import BytesIO
from struct import pack
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, ImageOps

from inference.canvas import Extent
from inference.engine import Pixels
from inference.image import codec as photo
from inference.image.mosaic import Mosaic
from inference.image.refusal import BadPhoto, Reason
from inference.image.whole import full_resolution
from tests.support.photos import SAMPLES
from tests.support.pictures import file, scene
from tests.support.profiles import ADOBE_RGB, DISPLAY_P3, grey_profile, rgb_profile, to_srgb


def far(found: Pixels, expected: Any) -> float:
    """Return the largest difference in grey levels."""
    assert found.dtype == np.uint8
    assert found.flags["C_CONTIGUOUS"]
    assert found.shape == np.shape(expected)
    return float(np.abs(found.astype(float) - expected).max())


GREY = np.repeat(scene()[..., :1], 3, axis=2)
HALF = np.dstack([scene(), np.full((40, 60), 51, np.uint8)])  # opaque by a fifth
OVER_WHITE = 255 + (scene() - 255.0) / 5
MUTED = scene() // 2 + 64  # Lab in 8 bits is coarse at the corners of sRGB
SIXTEEN = scene()[..., 0].astype(np.uint16) * 257


def palette_with_transparency() -> bytes:
    picture = Image.new("P", (60, 40), 1)
    picture.putpalette([9, 9, 9, 200, 100, 50])
    picture.paste(0, (0, 0, 30, 40))
    return file(picture, "PNG", transparency=0)


def sixteen_bits_of_colour() -> bytes:
    return cv2.imencode(".png", cv2.cvtColor(scene(), cv2.COLOR_RGB2BGR).astype(np.uint16) * 257)[1].tobytes()


def lab() -> bytes:
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    return file(ImageCms.applyTransform(Image.fromarray(MUTED), to_lab), "TIFF")


@pytest.mark.parametrize(
    ("data", "expected", "tolerance"),
    [
        pytest.param(file(scene(), "PNG"), scene(), 0, id="PNG"),
        pytest.param(file(scene(), "BMP"), scene(), 0, id="BMP"),
        pytest.param(file(scene(), "TIFF"), scene(), 0, id="TIFF"),
        pytest.param(file(scene(), "TIFF", compression="tiff_lzw"), scene(), 0, id="TIFF, LZW"),
        pytest.param(file(scene(), "WEBP", lossless=True), scene(), 0, id="WebP, lossless"),
        pytest.param(file(scene(), "WEBP", quality=95), scene(), 12, id="WebP"),
        pytest.param(file(scene(), "JPEG", quality=95), scene(), 12, id="JPEG"),
        pytest.param(file(scene(), "JPEG", quality=95, progressive=True), scene(), 12, id="JPEG, progressive"),
        pytest.param(file(scene(), "AVIF", quality=95), scene(), 12, id="AVIF"),
        pytest.param(file(scene(), "HEIF", quality=95), scene(), 12, id="HEIC"),
        pytest.param(file(Image.fromarray(GREY).convert("L"), "GIF"), GREY, 0, id="GIF, still"),
        pytest.param(
            file(scene(), "MPO", quality=95, save_all=True, append_images=[]), scene(), 12, id="MPO, one frame"
        ),
        pytest.param(file(Image.fromarray(GREY).convert("L"), "PNG"), GREY, 0, id="grey PNG"),
        pytest.param(file(Image.fromarray(GREY).convert("L"), "JPEG", quality=98), GREY, 4, id="grey JPEG"),
        pytest.param(file(Image.fromarray(GREY[..., 0] > 127), "PNG"), 255 * (GREY > 127), 0, id="one bit"),
        pytest.param(file(Image.fromarray(SIXTEEN), "PNG"), GREY, 0, id="16-bit grey PNG"),
        pytest.param(file(Image.fromarray(SIXTEEN), "TIFF"), GREY, 0, id="16-bit grey TIFF"),
        pytest.param(file(Image.fromarray(GREY[..., 0] / np.float32(255)), "TIFF"), GREY, 0, id="float TIFF"),
        pytest.param(sixteen_bits_of_colour(), scene(), 0, id="16-bit colour PNG"),
        pytest.param(file(HALF, "PNG"), OVER_WHITE, 1, id="RGBA"),
        pytest.param(file(HALF, "WEBP", lossless=True), OVER_WHITE, 1, id="RGBA WebP"),
        pytest.param(
            file(Image.fromarray(HALF).convert("LA"), "PNG"),
            255 + (np.asarray(Image.fromarray(scene()).convert("L").convert("RGB")) - 255.0) / 5,
            1,
            id="LA",
        ),
        pytest.param(
            palette_with_transparency(),
            np.where(np.arange(60)[None, :, None] < 30, [255, 255, 255], [200, 100, 50]) + np.zeros((40, 60, 3)),
            0,
            id="P with tRNS",
        ),
        pytest.param(file(Image.fromarray(scene()).convert("CMYK"), "TIFF"), scene(), 1, id="CMYK TIFF"),
        pytest.param(file(Image.fromarray(scene()).convert("CMYK"), "JPEG", quality=98), scene(), 12, id="CMYK JPEG"),
        pytest.param(file(Image.fromarray(scene()).convert("YCbCr"), "TIFF"), scene(), 3, id="YCbCr TIFF"),
        pytest.param(lab(), MUTED, 8, id="Lab TIFF"),
    ],
)
def test_every_kind_of_picture_becomes_srgb(data: bytes, expected: Any, tolerance: float) -> None:
    assert far(photo.decode(data), expected) <= tolerance
    assert photo.extent(data) == (60, 40)


@pytest.mark.parametrize(
    ("name", "colours", "gamma"),
    [("Display P3", DISPLAY_P3, 2.2), ("Adobe RGB (1998)", ADOBE_RGB, 2.19921875)],
)
def test_wide_gamuts_are_converted_through_their_profile(name: str, colours: Any, gamma: float) -> None:
    data = file(scene(), "PNG", icc_profile=rgb_profile(name, colours, gamma))
    expected = to_srgb(scene(), colours, gamma)
    assert far(photo.decode(data), expected) <= 3
    assert far(scene(), expected) > 20  # so leaving the profile out would show


def test_transparent_pictures_are_converted_before_the_white_comes_in() -> None:
    data = file(HALF, "PNG", icc_profile=rgb_profile("Display P3", DISPLAY_P3, 2.2))
    assert far(photo.decode(data), 255 + (to_srgb(scene(), DISPLAY_P3, 2.2) - 255) / 5) <= 2


def test_grey_pictures_take_a_grey_profile() -> None:
    data = file(np.full((16, 16), 128, np.uint8), "PNG", icc_profile=grey_profile(1.0))
    assert far(photo.decode(data), np.full((16, 16, 3), 188)) <= 1  # half the light is 188 in sRGB


def test_grey_pictures_take_a_colour_profile() -> None:
    data = file(np.full((16, 16), 128, np.uint8), "JPEG", icc_profile=rgb_profile("linear", DISPLAY_P3, 1.0))
    assert far(photo.decode(data), np.full((16, 16, 3), 188)) <= 2


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(b"not a profile", id="broken"),
        pytest.param(rgb_profile("cut", DISPLAY_P3, 2.2)[:200], id="cut off"),
        pytest.param(grey_profile(1.0), id="of another colour space"),
        pytest.param(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), id="sRGB"),
    ],
)
def test_profiles_that_say_nothing_leave_every_byte_alone(profile: bytes) -> None:
    assert far(photo.decode(file(scene(), "PNG", icc_profile=profile)), scene()) == 0


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_photos_stand_upright(orientation: int, format_: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    data = file(scene(), format_, exif=exif)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(BytesIO(data))).convert("RGB"))
    assert far(photo.decode(data), upright) == 0
    assert photo.extent(data) == upright.shape[1::-1]
    assert orientation == 1 or upright.shape != scene().shape or far(scene(), upright) > 100


def test_an_heic_stands_upright() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    data = file(scene(), "HEIF", exif=exif.tobytes(), quality=95)
    assert far(photo.decode(data), np.rot90(scene(), -1)) <= 12
    assert photo.extent(data) == (40, 60)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_orientations_that_do_not_exist_are_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    assert far(photo.decode(file(scene(), "PNG", exif=exif)), scene()) == 0


def test_broken_exif_is_no_reason_to_refuse_or_to_warn() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "somebody with a long name"
    data = bytearray(file(scene(), "JPEG", exif=exif))
    entries = data.index(b"Exif") + 14
    data[entries : entries + 2] = b"\x99\x99"  # as many as that there are not
    assert far(photo.decode(bytes(data)), photo.decode(file(scene(), "JPEG"))) == 0


def test_a_big_picture_is_converted_in_strips_without_a_trace() -> None:
    picture = Image.fromarray(np.dstack([scene(1100, 1000), scene(1100, 1000)[..., 2]]))
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture.convert("RGB"), mask=picture.getchannel("A"))
    assert far(photo.decode(file(picture, "PNG", compress_level=1)), np.asarray(white)) == 0


def moving(format_: str, **options: Any) -> bytes:
    frames = [Image.fromarray(np.roll(scene(), shift, 1)) for shift in (0, 9, 20)]
    return file(frames[0], format_, save_all=True, append_images=frames[1:], **options)


def png_of(width: int, height: int) -> bytes:
    """Return a PNG that declares a size and has no pixels."""
    header = b"IHDR" + pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + pack(">I", 13) + header + pack(">I", zlib.crc32(header)) + png_end()


def png_end() -> bytes:
    return b"".join(pack(">I", 0) + tag + pack(">I", zlib.crc32(tag)) for tag in (b"IDAT", b"IEND"))


def jpeg_of(width: int, height: int) -> bytes:
    """Return a small JPEG whose header declares another size."""
    data = bytearray(file(scene(), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = pack(">HH", height, width)
    return bytes(data)


def webp_of(width: int, height: int) -> bytes:
    """Return the header of a lossless WebP."""
    bits = (width - 1) | (height - 1) << 14
    data = b"\x2f" + pack("<I", bits) + bytes(20)
    return b"RIFF" + pack("<I", 12 + len(data) + 1) + b"WEBPVP8L" + pack("<I", len(data)) + data + b"\0"


def gif_of(width: int, height: int) -> bytes:
    return (
        b"GIF89a" + pack("<HHBBB", width, height, 0, 0, 0) + b"," + pack("<HHHHB", 0, 0, width, height, 0) + b"\x08\0;"
    )


CHELSEA = (SAMPLES / "chelsea.jpg").read_bytes()
BOMB = file(Image.new("1", (10_000, 10_000)), "PNG")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", Reason.EMPTY, id="zero bytes"),
        pytest.param(b"Dear bot, please make me larger.", Reason.NOT_A_PICTURE, id="text"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", Reason.NOT_A_PICTURE, id="SVG"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n", Reason.NOT_A_PICTURE, id="EPS"),
        pytest.param(b"PK\x03\x04" + bytes(60), Reason.NOT_A_PICTURE, id="zip"),
        pytest.param(b"\0\0\0\x18ftypmp42" + bytes(60), Reason.NOT_A_PICTURE, id="MP4"),
        pytest.param(b"\xff", Reason.NOT_A_PICTURE, id="one byte"),
        pytest.param(CHELSEA[: len(CHELSEA) // 2], Reason.TRUNCATED, id="JPEG cut in half"),
        pytest.param(CHELSEA[:100], Reason.TRUNCATED, id="JPEG cut in the header"),
        pytest.param(file(scene(), "PNG")[:-60], Reason.TRUNCATED, id="PNG cut"),
        pytest.param(file(scene(), "PNG")[:20], Reason.TRUNCATED, id="PNG cut in the header"),
        pytest.param(png_of(60, 40), Reason.TRUNCATED, id="PNG without pixels"),
        pytest.param(file(scene(), "WEBP")[:-60], Reason.TRUNCATED, id="WebP cut"),
        pytest.param(file(scene(), "GIF")[:-60], Reason.TRUNCATED, id="GIF cut"),
        pytest.param(file(scene(), "TIFF")[:-900], Reason.TRUNCATED, id="TIFF cut"),
        pytest.param(file(scene(), "TIFF", compression="tiff_lzw")[:-300], Reason.TRUNCATED, id="TIFF cut, LZW"),
        pytest.param(file(scene(), "BMP")[:-900], Reason.TRUNCATED, id="BMP cut"),
        pytest.param(file(scene(), "AVIF")[:-60], Reason.TRUNCATED, id="AVIF cut"),
        pytest.param(file(scene(), "HEIF")[:-60], Reason.TRUNCATED, id="HEIC cut"),
        pytest.param(moving("GIF"), Reason.ANIMATED, id="animated GIF"),
        pytest.param(moving("WEBP"), Reason.ANIMATED, id="animated WebP"),
        pytest.param(moving("PNG"), Reason.ANIMATED, id="animated PNG"),
        pytest.param(moving("AVIF"), Reason.ANIMATED, id="animated AVIF"),
        pytest.param(file(scene(1, 1), "PNG"), Reason.TOO_SMALL, id="1x1"),
        pytest.param(file(scene(15, 99), "PNG"), Reason.TOO_SMALL, id="15x99"),
        pytest.param(file(Image.new("RGB", (30_000, 10)), "PNG"), Reason.TOO_NARROW, id="30000x10"),
        pytest.param(file(Image.new("RGB", (16, 321)), "PNG"), Reason.TOO_NARROW, id="16x321"),
        pytest.param(BOMB, Reason.TOO_LARGE, id="a bomb of 100 MP"),
        pytest.param(png_of(60_000, 60_000), Reason.TOO_LARGE, id="PNG of 3600 MP, by its header"),
        pytest.param(jpeg_of(20_000, 20_000), Reason.TOO_LARGE, id="JPEG of 400 MP, by its header"),
        pytest.param(webp_of(16_000, 16_000), Reason.TOO_LARGE, id="WebP of 256 MP, by its header"),
        pytest.param(webp_of(8_000, 7_000), Reason.TOO_LARGE, id="WebP of 56 MP, by its header"),
        pytest.param(gif_of(60_000, 60_000), Reason.TOO_LARGE, id="GIF of 3600 MP, by its header"),
        pytest.param(gif_of(12_000, 10_000), Reason.TOO_LARGE, id="GIF of 120 MP, by its header"),
    ],
)
def test_what_is_no_photo_is_refused_with_the_reason(data: bytes, reason: Reason) -> None:
    with pytest.raises(BadPhoto) as refusal:
        photo.decode(data)
    assert refusal.value.reason == reason
    assert "\n" not in str(refusal.value)
    assert "{" not in str(refusal.value)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        pytest.param(BOMB, "the picture has 100 megapixels; the limit is 52", id="too large"),
        pytest.param(
            webp_of(16_000, 16_000), "the picture has 256 megapixels; the limit is 52", id="too large to open"
        ),
        pytest.param(png_of(7300, 7150), "the picture has 52.2 megapixels; the limit is 52", id="barely too large"),
        pytest.param(
            file(scene(1, 1), "PNG"), "the picture is 1 × 1 px; each side needs at least 16 pixels", id="too small"
        ),
        pytest.param(
            file(scene(640, 16), "PNG"),
            "the picture is 640 × 16 px; one side may be at most 20 times the other",
            id="narrow",
        ),
    ],
)
def test_a_refusal_names_what_was_found_and_the_limit(data: bytes, sentence: str) -> None:
    with pytest.raises(BadPhoto) as refusal:
        photo.extent(data)
    assert str(refusal.value) == sentence


def test_the_limit_is_what_is_asked() -> None:
    data = file(scene(200, 100), "PNG")
    assert photo.decode(data, max_megapixels=0.02).shape == (100, 200, 3)
    with pytest.raises(BadPhoto, match=r"limit is 0\.0199"):
        photo.decode(data, max_megapixels=0.0199)


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG"])
def test_a_film_of_one_frame_is_a_photo(format_: str) -> None:
    assert photo.decode(file(scene(), format_, save_all=True)).shape == scene().shape


def test_pages_and_exposures_are_no_film() -> None:
    assert far(photo.decode(moving("TIFF")), scene()) == 0
    assert far(photo.decode(moving("MPO", quality=95)), scene()) <= 12


def test_the_smallest_and_the_narrowest_photo_pass() -> None:
    assert photo.extent(file(scene(16, 16), "PNG")) == Extent(16, 16)
    assert photo.extent(file(scene(320, 16), "PNG")) == Extent(320, 16)


@pytest.fixture(scope="module")
def coffee() -> Pixels:
    return photo.decode((SAMPLES / "coffee.jpg").read_bytes())


@pytest.mark.parametrize("width", [600, 4000], ids=["WebP", "PNG"])
def test_a_master_is_lossless_and_small_where_that_is_cheap(coffee: Pixels, width: int) -> None:
    pixels = np.asarray(cv2.resize(coffee, (width, width * 2 // 3)), np.uint8)
    master = photo.encode_master(pixels)
    assert far(photo.decode(master), pixels) == 0
    if width * width * 2 // 3 > photo.WEBP_PIXELS:
        assert photo.is_png(master)
    else:
        png = photo.encode_png(pixels)
        assert photo.is_png(png)
        assert far(photo.decode(png), pixels) == 0
        assert master[:4] == b"RIFF"
        assert len(master) < 0.8 * len(png)


@pytest.mark.parametrize(
    ("shape", "expected", "white"),
    [
        pytest.param((400, 600), Extent(600, 400), False, id="small stays"),
        pytest.param((1000, 4000), Extent(2560, 640), False, id="wide"),
        pytest.param((2561, 17), Extent(128, 2560), True, id="narrow is widened to 20:1"),
        pytest.param((20, 1000), Extent(1000, 50), True, id="flat is heightened to 20:1"),
    ],
)
def test_a_chat_picture_is_one_that_telegram_takes(shape: tuple[int, int], expected: Extent, white: bool) -> None:
    data = photo.encode_chat(np.full((*shape, 3), 90, np.uint8))
    assert photo.extent(data) == expected
    shown = photo.decode(data)
    assert abs(int(shown[expected.height // 2, expected.width // 2, 0]) - 90) <= 2
    assert (shown[0, 0, 0] > 250) == white


def test_even_noise_fits_into_a_chat() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (2560, 2560, 3), np.uint8)
    assert len(photo.encode_chat(noise)) <= photo.CHAT_BYTES


def test_a_thumbnail_is_small(coffee: Pixels) -> None:
    data = photo.thumbnail(coffee)
    assert photo.extent(data) == (600, 400)
    assert photo.extent(photo.thumbnail(coffee, 320)) == (320, 213)
    assert len(data) < 100_000


ENCODERS: list[Callable[[Pixels], bytes]] = [
    photo.encode_master,
    photo.encode_chat,
    photo.thumbnail,
    lambda pixels: full_resolution(Mosaic.of(photo.encode_master(pixels)), 0)[0],
]


@pytest.mark.parametrize("encode", ENCODERS, ids=["master", "chat", "thumbnail", "full resolution"])
def test_nothing_that_leaves_says_who_or_where(encode: Callable[[Pixels], bytes]) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Ada Lovelace"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (51.0, 30.0, 0.0)
    data = file(scene(), "JPEG", exif=exif, comment=b"in the garden", icc_profile=rgb_profile("P3", DISPLAY_P3, 2.2))
    assert b"Ada Lovelace" in data
    left = encode(photo.decode(data))
    assert not Image.open(BytesIO(left)).getexif()
    assert not Image.open(BytesIO(left)).info.keys() & {"exif", "comment", "icc_profile", "xmp"}
    assert b"Ada" not in left
    assert b"garden" not in left
