"""Opens files as people send them: detects the format by the first bytes, and reads the header before decoding."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Final

import cv2
import numpy as np
from PIL import ExifTags, Image, JpegImagePlugin

from inference.canvas import Extent
from inference.image import heif, png, raw
from inference.image.colour import Colours
from inference.image.decoded import ArrayPicture, Decoded, PillowPicture
from inference.image.jpeg_end import completed
from inference.image.refusal import DAMAGE, BadPhoto, Reason, too_large

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP")  # opened by Pillow; libheif opens HEIC
ANIMATED_FORMATS: Final = ("WEBP", "GIF", "AVIF")  # in other formats several frames are pages, depth maps or exposures

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Opened:
    """A file whose header has been read."""

    size: Extent  # as stored
    decode: Callable[[Extent | None], tuple[Decoded, Colours]]
    """Decodes the file. Where the format makes it cheap, the result is reduced, but not below the given extent.

    Raises DAMAGE and BadPhoto.
    """
    orientation: int = 1  # EXIF, 1 to 8 (TIFF 6.0, tag 274); 1 where the decoder rotates
    moves: Callable[[], bool] = lambda: False

    @property
    def upright(self) -> Extent:
        """The extent after the EXIF rotation."""
        return Extent(self.size.height, self.size.width) if self.orientation >= 5 else self.size


def open_file(data: bytes, max_megapixels: float) -> Opened:
    """Read a header. Raises BadPhoto; for size only when a decoder cannot even read the header of so large a file."""
    if not data:
        raise BadPhoto(Reason.EMPTY)
    if raw.is_raw(data):
        raise BadPhoto(Reason.RAW)
    if data.startswith(png.SIGNATURE):
        return _png(data, max_megapixels)
    if (preview := raw.preview(data)) is not None:
        opened = _pillow(preview.data, max_megapixels)
        return replace(opened, orientation=preview.orientation if opened.orientation == 1 else opened.orientation)
    try:
        return _pillow(data, max_megapixels)
    except BadPhoto:
        if not heif.accepts(data):
            raise
    return _heif(data)


def _png(data: bytes, max_megapixels: float) -> Opened:
    """Open a PNG. Pillow gets only the chunks that make pixels; the others are evaluated here."""
    chunks = png.read(data)
    opened = _pillow(chunks.pixels, max_megapixels)

    def decode(wanted: Extent | None) -> tuple[Decoded, Colours]:
        return opened.decode(wanted)[0], chunks.colours

    return replace(opened, decode=decode, orientation=_orientation(chunks.exif), moves=lambda: chunks.moves)


def _heif(data: bytes) -> Opened:
    try:
        file = heif.Heif(data)
    except DAMAGE as error:
        _log.info("a damaged header: %s", error)
        raise BadPhoto(Reason.TRUNCATED) from error
    return Opened(file.size, lambda _: (file.load(), file.colours))


def _pillow(data: bytes, max_megapixels: float) -> Opened:
    image = _recognised(data, max_megapixels)
    is_tiff = image.format == "TIFF"
    if is_tiff:  # Pillow rotates a TIFF while loading it, and would also apply the XMP's orientation
        image.info.pop("xmp", None)
    orientation = 1 if is_tiff else _orientation(image.info.get("exif", b""))

    def decode(wanted: Extent | None) -> tuple[Decoded, Colours]:
        colours: Colours = image.info.get("icc_profile") or None
        if colours is None and image.format == "AVIF":
            colours = heif.avif_colours(data)
        picture = _webp(data) if image.format == "WEBP" else PillowPicture(_loaded(image, data, wanted))
        return picture, colours

    return Opened(Extent(*image.size), decode, orientation, lambda: _moves(image))


def _recognised(data: bytes, max_megapixels: float) -> Image.Image:
    """Open a file by its format's plugin.

    Image.open is not used, because it has its own size limit that warns or raises.
    """
    Image.init()
    # Pillow warns about damaged metadata; a photo either does not need it or is refused.
    warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
    verdict = Reason.NOT_A_PICTURE
    for read, accepts in (Image.OPEN[name] for name in FORMATS if name in Image.OPEN):
        if accepts is None or accepts(data[:16]) is not True:
            continue
        try:
            return read(BytesIO(data), "")
        except Image.DecompressionBombError as error:  # raised by a plugin that allocates memory to read the header
            raise too_large(int(re.sub(r"\D*(\d+).*", r"\1", str(error))), max_megapixels) from error
        except DAMAGE as error:
            _log.info("a damaged header: %s", error)
            verdict = Reason.TRUNCATED
    raise BadPhoto(verdict)


def _loaded(image: Image.Image, data: bytes, wanted: Extent | None) -> Image.Image:
    """Decode an image.

    A JPEG is scaled while decoding if a smaller size is wanted; a missing end marker is restored.
    """
    is_jpeg = isinstance(image, JpegImagePlugin.JpegImageFile)
    try:
        if is_jpeg and wanted is not None:
            image.draft("", wanted)
        image.load()
    except DAMAGE:
        if not is_jpeg or (whole := completed(data)) is None:
            raise
        image = JpegImagePlugin.JpegImageFile(BytesIO(whole))
        image.load()
    return image


def _webp(data: bytes) -> ArrayPicture:
    """Decode a WebP with OpenCV, because Pillow decodes every WebP as an animation, which takes 16 bytes per pixel."""
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise OSError(f"OpenCV cannot decode a WebP: {error}") from error
    if pixels is None or pixels.dtype != np.uint8 or pixels.ndim != 3:
        raise OSError("OpenCV cannot decode a WebP")
    has_alpha = pixels.shape[2] == 4
    cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA if has_alpha else cv2.COLOR_BGR2RGB, dst=pixels)
    return ArrayPicture(np.asarray(pixels, np.uint8), "RGBA" if has_alpha else "RGB")


def _moves(image: Image.Image) -> bool:
    return image.format in ANIMATED_FORMATS and bool(getattr(image, "is_animated", False))


def _orientation(exif: bytes) -> int:
    """Return the orientation by EXIF alone, as browsers do: the XMP's may have been applied by another program."""
    try:
        directory = Image.Exif()
        directory.load(exif)
        value = directory.get(ExifTags.Base.Orientation, 1)
    except DAMAGE as error:
        _log.info("ignored broken EXIF: %s", error)
        return 1
    return value if value in range(1, 9) else 1
