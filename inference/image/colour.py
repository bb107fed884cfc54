"""Converts any colour format (CMYK, palette, grey, 16 bits, wide gamut, HDR, transparency) to 8-bit sRGB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.image.decoded import Decoded, Strip
from inference.image.profile import lab_transform, transform_of
from inference.image.refusal import BadPhoto, Reason
from inference.image.rgb_space import SRGB, RgbSpace, ToSrgb

STRIP: Final = 1_000_000  # pixels converted at a time, so that all modes need the same memory
Colours: TypeAlias = bytes | RgbSpace | None  # an ICC profile, a colour space, or None for sRGB
Convert: TypeAlias = Callable[[Strip], NDArray[np.uint8]]


def to_srgb(picture: Decoded, colours: Colours) -> NDArray[np.uint8]:
    """Return (height, width, 3) sRGB, with transparency composited over white."""
    width, height = picture.size
    pixels = np.empty((height, width, 3), np.uint8)
    for top, bottom, strip in _strips(picture, colours, 1):
        pixels[top:bottom] = strip
    return pixels


def small_srgb(picture: Decoded, colours: Colours, shrink: int) -> NDArray[np.uint8]:
    """Return the image in sRGB at 1/`shrink` of its size, without a full-size sRGB copy in memory.

    Each pixel is the mean of a square. Incomplete squares at the right and at the bottom are left out.
    """
    width, height = picture.size
    small = np.empty((height // shrink, width // shrink, 3), np.uint8)
    for top, bottom, strip in _strips(picture, colours, shrink):
        rows = (bottom - top) // shrink
        if rows:
            whole = strip[: rows * shrink, : small.shape[1] * shrink]
            size = (small.shape[1], rows)
            small[top // shrink : top // shrink + rows] = cv2.resize(whole, size, interpolation=cv2.INTER_AREA)
    return small


def _strips(picture: Decoded, colours: Colours, step: int) -> Iterator[tuple[int, int, NDArray[np.uint8]]]:
    """Yield (top, bottom, sRGB) of strips of about a megapixel, whose heights are multiples of `step`."""
    width, height = picture.size
    convert = _converter(picture, colours)
    rows = max(1, STRIP // width // step) * step
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        yield top, bottom, convert(picture.strip(top, bottom))


def _converter(picture: Decoded, colours: Colours) -> Convert:
    """Return the function that converts each strip to sRGB."""
    if isinstance(colours, RgbSpace):
        return _through_space(ToSrgb(colours, picture.brightest())) if colours != SRGB else _through_profile(b"", "RGB")
    sample = picture.strip(0, 1)
    mode = _split(sample)[0].mode if isinstance(sample, Image.Image) else "RGB"
    return _through_profile(colours or b"", mode)


def _through_space(to_srgb: ToSrgb) -> Convert:
    def convert(strip: Strip) -> NDArray[np.uint8]:
        if isinstance(strip, Image.Image):
            colour, alpha = _split(strip)
            return _over_white(Image.fromarray(to_srgb(np.asarray(colour.convert("RGB")))), alpha)
        shown = to_srgb(strip[..., :3])
        alpha = Image.fromarray((strip[..., 3] >> 8).astype(np.uint8)) if strip.shape[2] == 4 else None
        return _over_white(Image.fromarray(shown), alpha)

    return convert


def _through_profile(icc: bytes, mode: str) -> Convert:
    transform = lab_transform() if mode == "LAB" else transform_of(icc, mode) if icc else None

    def convert(strip: Strip) -> NDArray[np.uint8]:
        image = strip if isinstance(strip, Image.Image) else Image.fromarray((strip >> 8).astype(np.uint8))
        colour, alpha = _split(image)
        rgb = transform.apply(colour.convert(transform.input_mode)) if transform else colour.convert("RGB")
        return _over_white(rgb, alpha)

    return convert


def _over_white(rgb: Image.Image, alpha: Image.Image | None) -> NDArray[np.uint8]:
    if alpha is None:
        return np.asarray(rgb)
    white = Image.new("RGB", rgb.size, "white")
    white.paste(rgb, mask=alpha)
    return np.asarray(white)


def _split(strip: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return the 8-bit colours (mode L, RGB, CMYK or LAB) and the alpha channel, if the strip has one."""
    if strip.mode.startswith(("I", "F")):
        return _eight_bits(strip), None
    if strip.mode == "LA":
        return strip.getchannel("L"), strip.getchannel("A")
    if strip.has_transparency_data:
        opaque = strip.convert("RGBA")
        return opaque.convert("RGB"), opaque.getchannel("A")
    return (strip if strip.mode in ("L", "CMYK", "LAB") else strip.convert("RGB")), None


def _eight_bits(strip: Image.Image) -> Image.Image:
    """Scale 16-bit grey (I, I;16…) or float grey (F) to 8 bits. Pillow would clip the values instead.

    Floats are an image only from 0 to 1. Other ranges may be light, heights or anything else. Raises BadPhoto for them.
    """
    values = np.nan_to_num(np.asarray(strip).astype(np.float32))
    if strip.mode == "F" and not (values.min() >= -1e-3 and values.max() <= 1 + 1e-3):
        raise BadPhoto(Reason.FLOAT)
    full = 1.0 if strip.mode == "F" else 65535.0
    return Image.fromarray(np.rint((values / full).clip(0, 1) * 255).astype(np.uint8))
