"""How other tools blend a photo into a generated image, written from descriptions of what they do.

Each function takes what `compose` takes (the generated canvas, the photo, the margins) and returns a canvas.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.canvas import Extent, Margins
from inference.engine import Pixels

Way: TypeAlias = Callable[[Pixels, Pixels, Margins], Pixels]
Weights: TypeAlias = NDArray[np.float32]
"""(height, width) of a canvas: the weight of the generated image, 0 to 1."""

FEATHER = 16  # px
BLUR = 11  # px, IOPaint's usual mask blur
GROWN = 32  # px of the photo that Fooocus and InvokeAI blend
LEVELS = 5


def kept(canvas: NDArray[np.generic], margins: Margins) -> NDArray[np.generic]:
    """Return the part of a canvas that the photo covers."""
    height, width = canvas.shape[:2]
    return canvas[margins.top : height - margins.bottom, margins.left : width - margins.right]


def hard(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    """Paste the photo over the image, as ComfyUI's crop and stitch and most demonstrations do."""
    canvas = generated.copy()
    kept(canvas, margins)[:] = photo
    return canvas


def feathered(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    """Blend with a linear ramp inside the photo."""
    return _mixed(generated, hard(generated, photo, margins), _ramp(photo, margins, FEATHER))


def invokeai(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    """InvokeAI: match colours by histogram, then blend with a cubic ramp that reaches deep into the photo."""
    ramp = _ramp(photo, margins, GROWN)
    matched = _matched(generated, photo, margins)
    return _mixed(matched, hard(matched, photo, margins), ramp * ramp * (3 - 2 * ramp))


def iopaint(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    """IOPaint: repeat the photo's edge outwards, and blend with a blurred mask."""
    sides = margins.top, margins.bottom, margins.left, margins.right
    start = np.asarray(cv2.copyMakeBorder(photo, *sides, cv2.BORDER_REPLICATE), np.uint8)
    mask = cv2.GaussianBlur(margins.mask(Extent.of(photo)), (2 * BLUR + 1, 2 * BLUR + 1), 0)
    return _mixed(generated, start, mask.astype(np.float32) / 255)


def fooocus(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    """Fooocus: use the mask, dilated 32 times into the photo by 8 of 256 less each time, as weights."""
    mask = margins.mask(Extent.of(photo)).astype(np.int16)
    for _ in range(GROWN):
        mask = np.maximum(mask, cv2.dilate(mask, np.ones((3, 3), np.uint8)) - 8)
    return _mixed(generated, hard(generated, photo, margins), mask.astype(np.float32) / 255)


def histogram(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    """Match colours by histogram on the kept area, then blend with a linear ramp."""
    return feathered(_matched(generated, photo, margins), photo, margins)


def pyramid(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    """Blend each octave over its own width (Burt and Adelson, «A Multiresolution Spline», 1983)."""
    sides = margins.top, margins.bottom, margins.left, margins.right
    ours = cv2.copyMakeBorder(photo, *sides, cv2.BORDER_REFLECT).astype(np.float32)
    theirs = generated.astype(np.float32)
    mask = margins.mask(Extent.of(photo)).astype(np.float32) / 255
    return np.asarray(np.rint(_spline(theirs, ours, mask, LEVELS)).clip(0, 255), np.uint8)


def seamless_clone(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    """Blend by OpenCV's Poisson editing, which changes the photo to match the image."""
    rim = 2  # cv2 requires the pasted part to lie inside
    wide = cv2.copyMakeBorder(generated, rim, rim, rim, rim, cv2.BORDER_REPLICATE)
    centre = rim + margins.left + photo.shape[1] // 2, rim + margins.top + photo.shape[0] // 2
    whole = np.full(photo.shape[:2], 255, np.uint8)
    return np.asarray(cv2.seamlessClone(photo, wide, whole, centre, cv2.NORMAL_CLONE)[rim:-rim, rim:-rim], np.uint8)


PEERS: dict[str, Way] = {
    "hard paste": hard,
    f"feathered, {FEATHER} px": feathered,
    f"IOPaint, blur {BLUR}": iopaint,
    f"Fooocus, {GROWN} px": fooocus,
    "InvokeAI": invokeai,
    "histogram, feathered": histogram,
    f"pyramid, {LEVELS} levels": pyramid,
    "cv2.seamlessClone": seamless_clone,
}


def _ramp(photo: Pixels, margins: Margins, width: int) -> Weights:
    """Return weights: 1 outside the photo, falling to 0 over `width` px inside it from the sides that grow."""
    mask = margins.mask(Extent.of(photo))
    distance = cv2.distanceTransform((mask == 0).astype(np.uint8), cv2.DIST_L2, 3)
    return np.asarray(1 - np.minimum(distance / width, 1), np.float32)


def _mixed(painted: Pixels, start: Pixels, weights: Weights) -> Pixels:
    share = weights[..., None]
    return np.asarray(np.rint(painted * share + start * (1 - share)), np.uint8)


def _matched(generated: Pixels, photo: Pixels, margins: Margins) -> Pixels:
    curves = map(partial(_curve, kept(generated, margins), photo), range(3))
    return np.asarray(cv2.LUT(generated, np.stack(list(curves), axis=-1)[None]), np.uint8)


def _curve(painted: NDArray[np.generic], photo: Pixels, channel: int) -> NDArray[np.uint8]:
    found, wanted = (
        np.bincount(picture[..., channel].ravel(), minlength=256).cumsum() / picture[..., channel].size
        for picture in (painted, photo)
    )
    return np.asarray(np.rint(np.interp(found, wanted, np.arange(256))), np.uint8)


def _spline(one: Weights, other: Weights, share: Weights, levels: int) -> Weights:
    if not levels:
        return np.asarray(one * share[..., None] + other * (1 - share[..., None]), np.float32)
    size = one.shape[1::-1]
    smaller = [np.asarray(cv2.pyrDown(picture), np.float32) for picture in (one, other, share)]
    fine = [picture - cv2.pyrUp(small, dstsize=size) for picture, small in zip((one, other), smaller, strict=False)]
    detail = fine[0] * share[..., None] + fine[1] * (1 - share[..., None])
    return np.asarray(cv2.pyrUp(_spline(*smaller, levels - 1), dstsize=size) + detail, np.float32)
