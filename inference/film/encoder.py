"""Encodes films for chats as silent H.264 MP4: a zoom through a chain, and a before/after loop (extra `video`).

The last master of a chain contains every earlier one bit for bit, so only that one is read. It becomes a pyramid of a
few levels; each level has half the resolution of the previous one and is cropped to what the camera sees at that zoom.
Every frame is resampled (Lanczos over the exact rectangle) from the level that has one to two pixels per film pixel, so
that it is sharp at every zoom and does not shimmer.

Both functions take seconds and are pure: bytes in, bytes out. They suit a worker process or a thread, because most of
the time is spent without the interpreter's lock. Memory: the decoded master, and at most 13 MB per level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.canvas import Extent, Margins
from inference.engine import Pixels, Report, ignore
from inference.film.camera import FPS, Shots, reveal, zoom
from inference.film.scratch import scratch_folder
from inference.image.mosaic import Mosaic

if TYPE_CHECKING:
    from av.video.stream import VideoStream

BYTES: Final = 1_000_000  # upper limit of a film's size, for mobile data
QUALITY: Final = "25"  # x264's constant rate factor
POSTER: Final = 82  # JPEG quality
BACKDROP: Final = (18, 18, 20)  # colour of the area that is not visible yet
BT709: Final = 1  # ITU-T H.273, tables 2 to 4
EDGE: Final = 4  # px of padding around a level, so that a frame may begin between two pixels at its edge

Rect = NDArray[np.float64]


class FilmUnavailable(Exception):
    """No film can be made on this machine; the text names what is missing and how to get it."""


def film(canvas: Pixels | Mosaic, steps: Sequence[Margins], report: Report = ignore) -> bytes:
    """Encode the film of a chain, which zooms from the first photo out to `canvas`, the last master.

    `steps` are the margins of the chain's expansions, first to last. Raises FilmUnavailable without PyAV, BadPhoto for
    an unreadable master, and ValueError when there are no steps or they do not fit into the canvas.
    """
    if not steps:
        raise ValueError("a film needs at least one expansion")
    pixels = _pixels(canvas)
    return _encoded(pixels, zoom(Extent.of(pixels), steps), report)


def before_after(canvas: Pixels | Mosaic, margins: Margins, report: Report = ignore) -> bytes:
    """Encode one expansion as a loop: the photo, the whole canvas, the photo again. Raises as `film` does."""
    pixels = _pixels(canvas)
    return _encoded(pixels, reveal(Extent.of(pixels), margins), report)


def poster(movie: bytes) -> bytes:
    """Return the first frame of a film as a JPEG, which chats show before the film is played."""
    import av

    with av.open(BytesIO(movie), "r") as container:
        first = Image.fromarray(next(container.decode(video=0)).to_ndarray(format="rgb24"))
    out = BytesIO()
    first.save(out, "JPEG", quality=POSTER, optimize=True, progressive=True)
    return out.getvalue()


def frames(canvas: Pixels, shots: Shots) -> Iterator[Pixels]:
    """Yield the frames, each (height, width, 3). The same array is repeated while the camera does not move."""
    levels = _levels(canvas, shots)
    frame, last = np.empty(0, np.uint8), np.empty(0)
    for view, shown in zip(shots.view, shots.shown, strict=True):
        place = np.concatenate([view, shown])
        if not np.array_equal(place, last):
            frame, last = _frame(levels, view, shown, shots.frame), place
        yield frame


@dataclass(frozen=True, eq=False)
class Level:
    """A part of the canvas, reduced `scale` times. Its top left pixel lies at `origin` of the canvas."""

    image: Image.Image
    origin: tuple[float, float]
    scale: int

    def box(self, rect: Rect) -> tuple[float, float, float, float]:
        """Return a rectangle of the canvas in this level's pixels, clamped to its edges."""
        x, y = self.origin
        corners = (rect - (x, y, x, y)) / self.scale + EDGE
        limits = np.array(self.image.size * 2)
        left, top, right, bottom = (float(c) for c in corners.clip(0, limits))
        return left, top, right, bottom


def _levels(canvas: Pixels, shots: Shots) -> dict[int, Level]:
    """Return the levels that the shots need, by scale."""
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
    """Return the largest power of two by which the canvas can be reduced to no less than one pixel per frame pixel."""
    return 1 << max(0, int(np.floor(np.log2((view[2] - view[0]) / frame.width + 1e-6))))


def _frame(levels: dict[int, Level], view: Rect, shown: Rect, frame: Extent) -> Pixels:
    """Return one frame: the visible rectangle on the backdrop, with antialiased edges."""
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
    """Return the fraction of each pixel, (last - first,), that lies between `start` and `end`."""
    pixels = np.arange(first, last)
    return np.asarray((np.minimum(pixels + 1, end) - np.maximum(pixels, start)).clip(0, 1))


def _encoded(canvas: Pixels, shots: Shots, report: Report) -> bytes:
    try:
        import av
    except ModuleNotFoundError as error:
        raise FilmUnavailable("films need PyAV: .venv/bin/pip install -c constraints.txt -e '.[video]'") from error
    with scratch_folder() as folder:
        path = folder / "film.mp4"  # faststart moves the index to the front, which needs a named file
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
    context.thread_count = 1  # one job uses one core
    context.color_primaries = context.color_trc = context.colorspace = BT709
    rate = int(0.9 * BYTES * 8 * FPS / len(shots.view))
    stream.options = {
        "preset": "veryfast",
        "crf": QUALITY,
        "maxrate": str(rate),
        "bufsize": str(rate),
    }


def _pixels(canvas: Pixels | Mosaic) -> Pixels:
    return canvas.pixels() if isinstance(canvas, Mosaic) else canvas
