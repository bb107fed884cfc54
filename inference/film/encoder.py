"""Films for chats (extra `video`): the zoom through a chain, and before and after as a loop. MP4, H.264, no sound.

The last master of a chain contains every earlier one bit for bit, so it alone is read. It is kept as a few levels, each
half as sharp and cut to what the camera sees then; every frame is resampled (Lanczos over the exact rectangle) from the
level that has one to two pixels for each of the film's, so that it is sharp at every zoom and nothing shimmers.

Both functions are slow (seconds) and pure, bytes in and bytes out: they suit a worker process or thread, as most of the
time is spent outside the interpreter's lock. Memory: the decoded master, and at most 13 MB for each level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.canvas import Extent, Margins
from inference.engine import Pixels, Report, ignore
from inference.film.camera import FPS, Shots, reveal, zoom
from inference.image.codec import decode_kept

if TYPE_CHECKING:
    from av.video.stream import VideoStream

BYTES: Final = 1_000_000  # a film is kept below, for mobile data
QUALITY: Final = "25"  # x264's constant rate factor
POSTER: Final = 82  # JPEG quality
BACKDROP: Final = (18, 18, 20)  # around what is not shown yet
BT709: Final = 1  # ITU-T H.273, tables 2 to 4
EDGE: Final = 4  # px around a level, so that a frame may begin between two pixels at its edge

Rect = NDArray[np.float64]


class FilmUnavailable(Exception):
    """No film can be made here; the text names what is missing and how to get it."""


def film(canvas: Pixels | bytes, steps: Sequence[Margins], report: Report = ignore) -> bytes:
    """The film of a chain: from the first photo outwards to `canvas`, the last master (pixels or file).

    `steps`: the margins of the chain's expansions, first to last. Raises FilmUnavailable, BadPhoto, and ValueError when
    there are no steps or they do not fit into the canvas.
    """
    if not steps:
        raise ValueError("a film needs at least one expansion")
    pixels = _pixels(canvas)
    return _encoded(pixels, zoom(Extent.of(pixels), steps), report)


def before_after(canvas: Pixels | bytes, margins: Margins, report: Report = ignore) -> bytes:
    """One expansion as a loop: the photo, what was added, the photo again. Raises as `film` does."""
    pixels = _pixels(canvas)
    return _encoded(pixels, reveal(Extent.of(pixels), margins), report)


def poster(movie: bytes) -> bytes:
    """The first frame of a film as a JPEG: what stands where it is not played yet."""
    import av

    with av.open(BytesIO(movie), "r") as container:
        first = Image.fromarray(next(container.decode(video=0)).to_ndarray(format="rgb24"))
    out = BytesIO()
    first.save(out, "JPEG", quality=POSTER, optimize=True, progressive=True)
    return out.getvalue()


def frames(canvas: Pixels, shots: Shots) -> Iterator[Pixels]:
    """(height, width, 3) each, of the frame's size; the same array again while the camera stands still."""
    levels = _levels(canvas, shots)
    frame, last = np.empty(0, np.uint8), np.empty(0)
    for view, shown in zip(shots.view, shots.shown, strict=True):
        place = np.concatenate([view, shown])
        if not np.array_equal(place, last):
            frame, last = _frame(levels, view, shown, shots.frame), place
        yield frame


@dataclass(frozen=True, eq=False)
class Level:
    """Part of the canvas, `scale` canvas pixels a pixel, with its first pixel at `origin` of the canvas."""

    image: Image.Image
    origin: tuple[float, float]
    scale: int

    def box(self, rect: Rect) -> tuple[float, float, float, float]:
        """A rectangle of the canvas in this level's pixels, within its edges."""
        x, y = self.origin
        corners = (rect - (x, y, x, y)) / self.scale + EDGE
        limits = np.array(self.image.size * 2)
        left, top, right, bottom = (float(c) for c in corners.clip(0, limits))
        return left, top, right, bottom


def _levels(canvas: Pixels, shots: Shots) -> dict[int, Level]:
    """By scale, as many as the shots need."""
    scales = np.array([_scale(view, shots.frame) for view in shots.view])
    limits = np.array(Extent.of(canvas))
    levels = {}
    for scale in (int(s) for s in np.unique(scales)):
        views = shots.view[scales == scale]
        seen = np.concatenate([views[:, :2].min(0), views[:, 2:].max(0)])
        left, top = np.floor(seen[:2].clip(0) / scale).astype(int) * scale
        right, bottom = np.minimum(np.ceil(seen[2:] / scale) * scale, limits).astype(int)
        part = np.ascontiguousarray(canvas[top:bottom, left:right])
        if scale > 1:
            size = -(-part.shape[1] // scale), -(-part.shape[0] // scale)
            part = np.asarray(Image.fromarray(part).resize(size, Image.Resampling.LANCZOS))
        padded = cv2.copyMakeBorder(part, EDGE, EDGE, EDGE, EDGE, cv2.BORDER_REPLICATE)
        levels[scale] = Level(Image.fromarray(padded), (float(left), float(top)), scale)
    return levels


def _scale(view: Rect, frame: Extent) -> int:
    """The largest power of two by which the canvas may be smaller and still have a pixel for each of the frame's."""
    return 1 << max(0, int(np.floor(np.log2((view[2] - view[0]) / frame.width + 1e-6))))


def _frame(levels: dict[int, Level], view: Rect, shown: Rect, frame: Extent) -> Pixels:
    """What is shown, in its place on the backdrop; edges between two pixels are a mixture of both."""
    scale = (view[2] - view[0]) / frame.width
    place = (shown - np.tile(view[:2], 2)) / scale
    left, top = np.floor(place[:2] + 1e-6).clip(0).astype(int)
    right, bottom = np.minimum(np.ceil(place[2:] - 1e-6), frame).astype(int)
    source = np.array([left, top, right, bottom]) * scale + np.tile(view[:2], 2)
    level = levels[_scale(view, frame)]
    picture = level.image.resize((right - left, bottom - top), Image.Resampling.LANCZOS, box=level.box(source))
    covered = np.outer(_cover(place[1], place[3], top, bottom), _cover(place[0], place[2], left, right))[..., None]
    backdrop = np.array(BACKDROP)
    full = np.empty((frame.height, frame.width, 3), np.uint8)
    full[:] = BACKDROP
    full[top:bottom, left:right] = np.rint(backdrop + (np.asarray(picture) - backdrop) * covered)
    return full


def _cover(start: float, end: float, first: int, last: int) -> Rect:
    """(last - first,) how much of each pixel lies between start and end."""
    pixels = np.arange(first, last)
    return np.asarray((np.minimum(pixels + 1, end) - np.maximum(pixels, start)).clip(0, 1))


def _encoded(canvas: Pixels, shots: Shots, report: Report) -> bytes:
    try:
        import av
    except ModuleNotFoundError as error:
        raise FilmUnavailable("films need PyAV: .venv/bin/pip install -c constraints.txt -e '.[video]'") from error
    with TemporaryDirectory(prefix="kuotu-film-") as folder:
        path = Path(folder) / "film.mp4"  # the index can only be moved to the front of a file with a name
        with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
            stream = container.add_stream("libx264", rate=FPS)
            _configure(stream, shots)
            for number, picture in enumerate(frames(canvas, shots)):
                report(number / len(shots.view))
                rgb = av.VideoFrame.from_ndarray(picture, format="rgb24")
                container.mux(stream.encode(rgb.reformat(format="yuv420p", dst_colorspace="ITU709")))
            container.mux(stream.encode())
        return path.read_bytes()


def _configure(stream: VideoStream, shots: Shots) -> None:
    stream.width, stream.height = shots.frame
    stream.pix_fmt = "yuv420p"
    stream.time_base = Fraction(1, FPS)
    context = stream.codec_context
    context.thread_count = 1  # one job, one core; x264 gives nearly the same bytes each time
    context.color_primaries = context.color_trc = context.colorspace = BT709
    rate = int(0.9 * BYTES * 8 * FPS / len(shots.view))
    stream.options = {
        "preset": "veryfast",
        "crf": QUALITY,
        "maxrate": str(rate),
        "bufsize": str(rate),
    }


def _pixels(canvas: Pixels | bytes) -> Pixels:
    return decode_kept(canvas) if isinstance(canvas, bytes) else canvas
