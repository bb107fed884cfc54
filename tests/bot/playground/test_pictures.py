"""Photos as Telegram makes them: sizes, orientation, colour, and files that are no photo."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageCms

from bot.playground.pictures import reduced, smaller, thumbnail, whole
from bot.playground.refusals import Refusal
from tests.support.photos import SAMPLES
from tests.support.playground import picture

SIZES: dict[str, tuple[tuple[int, int], list[tuple[int, int]]]] = {
    "tiny": ((20, 10), [(20, 10)]),
    "exactly a rung": ((320, 320), [(90, 90), (320, 320)]),
    "between": ((400, 300), [(90, 68), (320, 240), (400, 300)]),
    "large": ((4000, 3000), [(90, 68), (320, 240), (800, 600), (1280, 960), (2560, 1920)]),
    "ratio 20": ((2000, 100), [(90, 4), (320, 16), (800, 40), (1280, 64), (2000, 100)]),
}


@pytest.mark.parametrize(("size", "rungs"), SIZES.values(), ids=SIZES.keys())
def test_the_ladder_has_telegrams_sizes(size: tuple[int, int], rungs: list[tuple[int, int]]) -> None:
    made = whole(picture(*size))
    less = smaller(made.width, made.height)
    assert [*less, (made.width, made.height)] == rungs
    shown = [reduced(made.data, one) for one in less] + [made.data]
    assert [(Image.open(BytesIO(data)).format, Image.open(BytesIO(data)).size) for data in shown] == [
        ("JPEG", rung) for rung in rungs
    ]


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "CMYK", "1"])
def test_every_mode_becomes_a_plain_jpeg(mode: str) -> None:
    data = picture(64, 48, "TIFF" if mode == "CMYK" else "PNG", mode=mode)
    rung = whole(data)
    with Image.open(BytesIO(rung.data)) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (64, 48))


def test_transparency_lies_over_white() -> None:
    out = BytesIO()
    Image.new("RGBA", (50, 50), (255, 0, 0, 0)).save(out, "PNG")
    with Image.open(BytesIO(whole(out.getvalue()).data)) as image:
        assert image.getpixel((25, 25)) == (255, 255, 255)


def test_sixteen_bits_keep_their_brightness() -> None:
    out = BytesIO()
    Image.new("I;16", (50, 50), 0x8000).save(out, "PNG")
    with Image.open(BytesIO(whole(out.getvalue()).data)) as image:
        assert image.getpixel((25, 25)) == (128, 128, 128)


def test_a_wide_gamut_photo_is_converted_and_its_profile_dropped() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    rung = whole(picture(60, 60, "JPEG", icc_profile=lab))
    with Image.open(BytesIO(rung.data)) as image:
        assert "icc_profile" not in image.info


def test_a_persons_app_shrinks_what_a_bot_may_not_send() -> None:
    large = picture(9000, 1200, "JPEG")
    with pytest.raises(Refusal, match="PHOTO_INVALID_DIMENSIONS"):
        whole(large)
    assert whole(large, shrinks=True).width == 2560
    with pytest.raises(Refusal, match="PHOTO_INVALID_DIMENSIONS"):
        whole(picture(2100, 100), shrinks=True)


def test_a_thumbnail_is_made_of_pictures_only() -> None:
    made = thumbnail((SAMPLES / "picos-12mp.jpg").read_bytes())
    assert made is not None
    assert (made.width, made.height) == (320, 240)
    assert thumbnail(b"words") is None
