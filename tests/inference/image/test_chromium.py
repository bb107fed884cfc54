"""Decoded pixels agree with Chromium's for files of every kind, measured by their mean difference."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Page

from inference.engine import Pixels
from inference.image.codec import decode
from tests.support.browser import chromium
from tests.support.photos import SAMPLES
from tests.support.pictures import (
    chrm,
    chunk,
    cicp,
    clli,
    file,
    gama,
    iccp,
    png_with,
    ramps,
    scene,
    turned,
    with_code_points,
)
from tests.support.profiles import ADOBE_RGB, DISPLAY_P3, SRGB, grey_profile, rgb_profile

pytestmark = pytest.mark.browser


P3_PLACES = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
SRGB_PLACES = (0.3127, 0.3290, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060)
P3 = rgb_profile("Display P3", DISPLAY_P3, 2.2)
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
XMP += b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
ODD = scene(61, 43)
GREY = Image.fromarray(scene()[..., 0])
ALPHA = Image.fromarray(np.dstack([scene(), scene()[..., 1]]))
AVIF = file(ramps(), "AVIF", quality=100, subsampling="4:4:4")
SIXTEEN = np.repeat(ramps()[..., :1].astype(np.uint16) * 257, 4, axis=2)

DRAW = """async ([data, type]) => {
  const image = new Image();
  image.src = `data:${type};base64,${data}`;
  try { await image.decode(); } catch { return ''; }
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const paper = canvas.getContext('2d', { willReadFrequently: true });
  paper.fillStyle = '#fff';
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.drawImage(image, 0, 0);
  return canvas.toDataURL('image/png').split(',')[1];
}"""


def jpegs() -> dict[str, bytes]:
    photo = Image.open(SAMPLES / "coffee.jpg")
    ways: dict[str, dict[str, Any]] = {
        f"quality {quality}, {sampling}": {"quality": quality, "subsampling": sampling}
        for quality in (30, 75, 95)
        for sampling in ("4:4:4", "4:2:2", "4:2:0")
    }
    ways |= {
        "progressive": {"progressive": True},
        "restarts": {"restart_marker_rows": 1},
        "rgb": {"keep_rgb": True},
        "comment": {"comment": b"in the garden"},
        "xmp orientation": {"xmp": XMP},
        "p3": {"icc_profile": P3},
        "adobe": {"icc_profile": rgb_profile("Adobe RGB (1998)", ADOBE_RGB, 2.19921875)},
        "linear named sRGB": {"icc_profile": rgb_profile("sRGB IEC61966-2.1", SRGB, 1.0)},
        "wide named not sRGB": {"icc_profile": rgb_profile("this is not sRGB", ADOBE_RGB, 1.8)},
    }
    made = {f"{name}.jpg": file(photo, "JPEG", **options) for name, options in ways.items()}
    made |= {f"exif {n}.jpg": file(ODD, "JPEG", exif=turned(n)) for n in range(1, 9)}
    made["exif 8, xmp 6.jpg"] = file(ODD, "JPEG", exif=turned(8), xmp=XMP)
    made["grey.jpg"] = file(photo.convert("L"), "JPEG")
    made["grey gamma 1.jpg"] = file(photo.convert("L"), "JPEG", icc_profile=grey_profile(1.0))
    made["cmyk.jpg"] = file(photo.convert("CMYK"), "JPEG", quality=95)
    made["gain map.jpg"] = file(photo, "MPO", save_all=True, append_images=[photo.convert("L")])
    return made | {path.name: path.read_bytes() for path in sorted(SAMPLES.glob("*.jpg"))[:4]}


def pngs() -> dict[str, bytes]:
    words = chunk(b"zTXt", b"Comment\0\0" + b"x" * 2_000_000)
    made: dict[str, Image.Image | Pixels] = {
        "rgb": scene(),
        "rgba": ALPHA,
        "grey": GREY,
        "grey alpha": ALPHA.convert("LA"),
        "palette": Image.fromarray(scene()).convert("P"),
        "palette alpha": ALPHA.quantize(64),
        "one bit": GREY.convert("1"),
        "16-bit grey": Image.fromarray(scene()[..., 0].astype(np.uint16) * 257),
    }
    files = {f"{name}.png": file(picture, "PNG") for name, picture in made.items()}
    files["16-bit rgb.png"] = cv2.imencode(".png", SIXTEEN[..., :3])[1].tobytes()
    files["16-bit rgba.png"] = cv2.imencode(".png", SIXTEEN)[1].tobytes()
    chunks = {
        "bad crc in words": (chunk(b"tEXt", b"Comment\0hello", check=1),),
        "many words": (words,),
        "profile of 1.5 MB": (iccp(P3 + bytes(1_500_000)),),
        "bad crc in profile": (chunk(b"iCCP", iccp(P3)[8:-4], check=1),),
        "broken profile": (iccp(b"not a profile"),),
        "linear named sRGB": (iccp(rgb_profile("sRGB", SRGB, 1.0)),),
        "p3 profile": (iccp(P3),),
        "p3": (cicp(12, 13),),
        "p3 over profile": (cicp(12, 13), iccp(rgb_profile("linear", SRGB, 1.0))),
        "bt709": (cicp(1, 1),),
        "bt2020": (cicp(9, 14),),
        "linear": (cicp(1, 8),),
        "gamma 2.8": (cicp(5, 5),),
        "unspecified": (cicp(2, 2),),
        "hlg": (cicp(9, 18),),
        "hlg p3": (cicp(12, 18),),
        "pq, told 10,000 nits": (cicp(9, 16), clli(10_000)),
        "gamma 1": (gama(1.0),),
        "gamma 1/1.8": (gama(0.55556),),
        "gamma 1/2.2": (gama(0.45455),),
        "gamma 0": (gama(0),),
        "gamma and sRGB": (gama(1.0), chunk(b"sRGB", b"\0")),
        "chromaticities alone": (chrm(*P3_PLACES),),
        "gamma and chromaticities": (gama(0.45455), chrm(*P3_PLACES)),
        "gamma and those of sRGB": (gama(0.45455), chrm(*SRGB_PLACES)),
        "another white": (gama(0.45455), chrm(0.3457, 0.3585, *SRGB_PLACES[2:])),
        "bad chromaticities": (gama(0.45455), chrm(*[0.3] * 8)),
        "unknown chunk": (chunk(b"juNk", bytes(99)),),
    }
    files |= {f"{name}.png": png_with(*extra, picture=ramps()) for name, extra in chunks.items()}
    files["grey gamma 1.png"] = png_with(gama(1.0), picture=GREY)
    files["alpha p3.png"] = png_with(cicp(12, 13), picture=ALPHA)
    files["transparent colour.png"] = png_with(chunk(b"tRNS", bytes(6)), picture=ramps())
    return files | {f"exif {n}.png": png_with(chunk(b"eXIf", turned(n).tobytes()[6:])) for n in (3, 6)}


def others() -> dict[str, bytes]:
    photo = Image.open(SAMPLES / "chelsea.jpg")
    avifs = {
        "p3": (12, 13),
        "bt709": (1, 1),
        "bt2020": (9, 14),
        "unspecified": (2, 2),
        "linear": (12, 8),
        "hlg": (9, 18),
    }
    return {
        "lossy.webp": file(photo, "WEBP", quality=80),
        "lossless.webp": file(photo, "WEBP", lossless=True),
        "alpha.webp": file(ALPHA, "WEBP", lossless=True),
        "p3.webp": file(photo, "WEBP", lossless=True, icc_profile=P3),
        "still.gif": file(photo.convert("P"), "GIF"),
        "transparent.gif": file(ALPHA.convert("P"), "GIF", transparency=3),
        "plain.avif": file(photo, "AVIF", quality=80),
        "profile.avif": file(photo, "AVIF", quality=90, icc_profile=P3),
        "exif 6.avif": file(photo, "AVIF", exif=turned(6)),
        **{f"{name}.avif": with_code_points(AVIF, *points) for name, points in avifs.items()},
        "colour.bmp": file(photo, "BMP"),
        "grey.bmp": file(GREY, "BMP"),
        "palette.bmp": file(photo.convert("P"), "BMP"),
        "one bit.bmp": file(GREY.convert("1"), "BMP"),
    }


FILES = jpegs() | pngs() | others()
ALLOWED = 1.0  # grey levels of mean difference
EXCEPTIONS: dict[str, bytes] = {
    # Chromium drops the last rows of a JPEG that lacks its end, although they are there.
    "without its end.jpg": file(scene(), "JPEG")[:-2],
    # Chromium does not turn a WebP by its EXIF, as it does a JPEG, a PNG and an AVIF; Firefox and Safari do.
    "exif 6.webp": file(ODD, "WEBP", lossless=True, exif=turned(6)),
    # Chromium reads EXIF only before the pixels; the standard allows it behind them.
    "exif behind.png": png_with(chunk(b"eXIf", turned(6).tobytes()[6:]), behind=True),
    # Chromium reads the opacity in these files as if its values lay between 16 and 235.
    "alpha.avif": file(ALPHA, "AVIF", quality=90),
    # Chromium draws nothing of a PNG that announces an animation and holds one picture.
    "announces frames.png": png_with(chunk(b"acTL", b"\0\0\0\x05\0\0\0\0")),
    # Without metadata Chromium takes 1000 nits for the peak and clips what is brighter; we take the brightest pixel.
    "pq.png": png_with(cicp(9, 16), picture=ramps()),
}


@pytest.fixture(scope="module")
async def page() -> AsyncIterator[Page]:
    async with chromium() as browser:
        yield await browser.new_page()


async def shown(page: Page, data: bytes, name: str) -> Pixels | None:
    """Return what Chromium draws for a file on white, or None if it draws nothing."""
    kind = name.rpartition(".")[2].replace("jpg", "jpeg")
    drawn = await page.evaluate(DRAW, [base64.b64encode(data).decode(), f"image/{kind}"])
    return np.asarray(Image.open(BytesIO(base64.b64decode(drawn))).convert("RGB")) if drawn else None


async def difference(page: Page, name: str, data: bytes) -> float:
    """Return the mean difference in grey levels, which is infinite for different sizes."""
    theirs, ours = await shown(page, data, name), await asyncio.to_thread(decode, data)
    assert theirs is not None, f"Chromium does not show {name}"
    return float(np.abs(theirs.astype(int) - ours).mean()) if theirs.shape == ours.shape else float("inf")


async def test_every_file_looks_as_it_does_in_chromium(page: Page) -> None:
    assert len(FILES) >= 60
    found = {name: await difference(page, name, data) for name, data in FILES.items()}
    assert {name: round(mean, 2) for name, mean in found.items() if mean > ALLOWED} == {}


@pytest.mark.parametrize("name", EXCEPTIONS)
async def test_the_known_exceptions_are_exceptions_still(page: Page, name: str) -> None:
    assert await difference(page, name, EXCEPTIONS[name]) > ALLOWED


async def test_hdr_up_to_1000_nits_is_shown_as_in_chromium(page: Page) -> None:
    data = png_with(cicp(9, 16), picture=(ramps() * 0.75).astype(np.uint8))
    assert await difference(page, "pq.png", data) <= ALLOWED
