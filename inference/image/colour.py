"""Colour: whatever a file holds (CMYK, palette, grey, 16 bits, a wide gamut, transparency) becomes 8-bit sRGB."""

from __future__ import annotations

import logging
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

STRIP: Final = 1_000_000  # pixels converted at a time, so that no mode costs more memory than another
_MODES: Final = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}  # ICC colour space -> Pillow mode

_log = logging.getLogger(__name__)


def to_srgb(image: Image.Image) -> NDArray[np.uint8]:
    """(height, width, 3) sRGB of a loaded picture; transparency over white."""
    transform = _transform(image)
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    rows = max(1, STRIP // image.width)
    for top in range(0, image.height, rows):
        bottom = min(image.height, top + rows)
        pixels[top:bottom] = np.asarray(_strip_to_srgb(image.crop((0, top, image.width, bottom)), transform))
    return pixels


def _strip_to_srgb(strip: Image.Image, transform: ImageCms.ImageCmsTransform | None) -> Image.Image:
    colour, alpha = _split(strip)
    rgb = transform.apply(colour.convert(transform.input_mode)) if transform else colour.convert("RGB")
    if alpha is None:
        return rgb
    white = Image.new("RGB", strip.size, "white")
    white.paste(rgb, mask=alpha)
    return white


def _split(strip: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colour in 8 bits (mode L, RGB, CMYK or LAB) and opacity, if the strip has any."""
    if strip.mode.startswith(("I", "F")):
        return _eight_bits(strip), None
    if strip.mode == "LA":
        return strip.getchannel("L"), strip.getchannel("A")
    if strip.has_transparency_data:
        opaque = strip.convert("RGBA")
        return opaque.convert("RGB"), opaque.getchannel("A")
    return (strip if strip.mode in ("L", "CMYK", "LAB") else strip.convert("RGB")), None


def _eight_bits(strip: Image.Image) -> Image.Image:
    """Grey of 16 bits (I, I;16…) or of floats from 0 to 1 (F). Pillow would clip rather than scale."""
    values = np.asarray(strip).astype(np.float32)
    full = 1.0 if strip.mode == "F" else 65535.0
    return Image.fromarray(np.rint(np.nan_to_num(values / full).clip(0, 1) * 255).astype(np.uint8))


def _transform(image: Image.Image) -> ImageCms.ImageCmsTransform | None:
    """From the picture's profile to sRGB; None when there is nothing to convert.

    Relative colorimetric with black point compensation: colours that fit are kept as they are, the rest is clipped.
    """
    mode = _split(image.crop((0, 0, 1, 1)))[0].mode
    if mode == "LAB":
        return _to_srgb_from(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")), "LAB")
    if not (icc := image.info.get("icc_profile")):
        return None
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(icc))
        profile_mode = _MODES.get(profile.profile.xcolor_space.strip())
        if "sRGB" in ImageCms.getProfileDescription(profile):
            return None  # so that what is sRGB already keeps its very bytes
        if profile_mode and (profile_mode == mode or (profile_mode, mode) == ("RGB", "L")):
            return _to_srgb_from(profile, profile_mode)
        _log.info("ignored a colour profile for %s in a %s picture", profile.profile.xcolor_space, image.mode)
    except (OSError, ImageCms.PyCMSError) as error:
        _log.info("ignored a broken colour profile: %s", error)
    return None


def _to_srgb_from(profile: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        profile,
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
