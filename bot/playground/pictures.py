"""What Telegram does with an image: the sizes of a photo, and the thumbnail of a file."""

import io
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps

from bot.playground.refusals import bad_request

LADDER = (90, 320, 800, 1280, 2560)  # longest sides in px of Telegram's photo sizes s, m, x, y, w
PHOTO_BYTES = 10 * 1024 * 1024
THUMBNAIL = 320
UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Rung:
    """One JPEG size of a photo. Width and height are in px."""

    data: bytes
    width: int
    height: int


def whole(data: bytes, *, shrinks: bool = False) -> Rung:
    """Re-encode an image as Telegram's largest size of it: upright, in sRGB, without metadata.

    A person's app shrinks a large image before the upload (`shrinks`); a bot's upload is refused instead.
    Raises the refusals PHOTO_INVALID_DIMENSIONS and IMAGE_PROCESS_FAILED, or one about the size in bytes.
    """
    if not shrinks and len(data) > PHOTO_BYTES:
        raise bad_request(
            f"file of size {len(data)} bytes is too big for a photo; the maximum size is {PHOTO_BYTES} bytes"
        )
    try:
        with Image.open(io.BytesIO(data)) as image:
            _check_dimensions(*image.size, shrinks=shrinks)
            image.draft("RGB", (LADDER[-1], LADDER[-1]))
            flat = _flat(image)
    except UNREADABLE as error:
        raise bad_request("IMAGE_PROCESS_FAILED") from error
    return _encode(_within(flat, LADDER[-1], flat.size) if max(flat.size) > LADDER[-1] else flat)


def smaller(width: int, height: int) -> list[tuple[int, int]]:
    """Return Telegram's smaller sizes of an image, the smallest first."""
    return [_size(side, (width, height)) for side in LADDER if side < max(width, height)]


def reduced(data: bytes, size: tuple[int, int]) -> bytes:
    """Return an image as a smaller JPEG."""
    with Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", size)
        return _encode(image.convert("RGB").resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)).data


def _check_dimensions(width: int, height: int, *, shrinks: bool) -> None:
    too_long = width + height > 10_000 and not shrinks
    if too_long or max(width, height) > 20 * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def _flat(image: Image.Image) -> Image.Image:
    """Return the first frame, upright, in 8-bit sRGB, with transparency over white."""
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
        over = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
    elif upright.mode.startswith("I;16"):
        upright = upright.point(lambda value: value / 256).convert("L")
    if profile and upright.mode in {"RGB", "L", "CMYK"}:
        upright = _to_srgb(upright, profile)
    return upright.convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except ImageCms.PyCMSError:
        return image  # browsers ignore a broken profile, too
    return converted or image


def _within(image: Image.Image, side: int, whole: tuple[int, int]) -> Image.Image:
    return image.resize(_size(side, whole), Image.Resampling.BICUBIC, reducing_gap=2.0)


def _size(side: int, whole: tuple[int, int]) -> tuple[int, int]:
    return max(1, round(whole[0] * side / max(whole))), max(1, round(whole[1] * side / max(whole)))


def _encode(image: Image.Image) -> Rung:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=87, optimize=False)
    return Rung(out.getvalue(), image.width, image.height)


def thumbnail(data: bytes) -> Rung | None:
    """Return a small JPEG of an image file, or None if the bytes are not an image."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.draft("RGB", (THUMBNAIL, THUMBNAIL))
            small = _flat(image)
            return _encode(_within(small, THUMBNAIL, small.size) if max(small.size) > THUMBNAIL else small)
    except UNREADABLE:
        return None


def dimensions(data: bytes) -> tuple[int, int] | None:
    """Return width and height in px from the header, or None if the bytes are not an image."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.size
    except UNREADABLE:
        return None
