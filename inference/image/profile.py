"""Converts colours by ICC profiles, which are judged by their effect on colours and not by their names."""

from __future__ import annotations

import logging
from functools import cache
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image, ImageCms

_MODES: Final = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}  # ICC colour space -> Pillow mode
_NEXT: Final = 1  # largest difference in grey levels at which a profile still counts as sRGB

_log = logging.getLogger(__name__)


def transform_of(icc: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform from a profile to sRGB for images of a mode, or None when there is nothing to convert.

    A profile that changes no colour by more than one level counts as sRGB, whatever its name, so the pixels stay as
    they are. Broken and unsuitable profiles are ignored.
    """
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(icc))
        profile_mode = _MODES.get(profile.profile.xcolor_space.strip())
        if profile_mode is None or (profile_mode != mode and (profile_mode, mode) != ("RGB", "L")):
            _log.info("ignored a colour profile for %s in a %s picture", profile.profile.xcolor_space, mode)
            return None
        transform = _from(profile, profile_mode)
        return None if _changes_nothing(transform) else transform
    except (OSError, ValueError, ImageCms.PyCMSError) as error:
        _log.info("ignored a broken colour profile: %s", error)
        return None


@cache
def lab_transform() -> ImageCms.ImageCmsTransform:
    """Return the transform from 8-bit CIE Lab to sRGB."""
    return _from(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")), "LAB")


def _from(profile: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    """Build a relative colorimetric transform with black point compensation: out-of-gamut colours are clipped."""
    return ImageCms.buildTransform(
        profile,
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Test a transform on all greys and on a cube of 16 values per channel."""
    if transform.input_mode not in ("L", "RGB"):
        return False
    greys = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    probe = greys if transform.input_mode == "L" else Image.fromarray(_colours())
    found = np.asarray(transform.apply(probe)).astype(int)
    return bool(np.abs(found - np.asarray(probe.convert("RGB"))).max() <= _NEXT)


@cache
def _colours() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    steps = np.arange(0, 256, 17, dtype=np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, -1, 3)
    return np.concatenate([cube, np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)], axis=1)
