"""The PatchMatch engine: it synthesises a small canvas from coarse to fine, then copies pixels from the full photo."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from inference.beings.bank import Guest, open_bank
from inference.beings.performance import Cast, perform
from inference.canvas import Extent, Margins
from inference.engine import (
    EngineError,
    Painted,
    Pixels,
    Reads,
    Recipe,
    Report,
    Request,
    Style,
    ignore,
    part,
    versions,
)
from inference.image.bands import grown
from inference.patchmatch import kernel
from inference.patchmatch.finish import finish
from inference.patchmatch.patch import Floats
from inference.patchmatch.pyramid import plan
from inference.patchmatch.screenshot import continued, is_screenshot
from inference.patchmatch.style import SETTINGS
from inference.patchmatch.synthesis import NOWHERE, Collage, synthesize
from inference.subject.memory import Subjects
from inference.subject.removal import alpha_at, close, without
from inference.subject.salience import Salience
from inference.subject.subject import Subject, find_subject

COARSE = 60 * 60 * 3 // 2  # pixels of the photo at the level that decides the layout
WORK = 512 * 384  # pixels of the canvas on which patches are searched
WORK_LARGE = 768 * 576  # the same for canvases of more than LARGE pixels
LARGE = 3000 * 2000
BEING = 200.0  # salience of a painted being, so that nothing in the photo fits worse
SEEN = 0.3  # progress when the subject is known


class PatchMatch:
    """Extends a scene with copies from the photo. It ignores prompts and needs only a CPU core."""

    name = "patchmatch"
    reads = Reads.NOTHING
    devices = os.cpu_count() or 1

    def __init__(self, cache: Path | None = None, guests: Path | None = None, subjects: Subjects | None = None) -> None:
        """Open the engine.

        `cache` is the folder for the kernels' machine code, by default inside the virtual environment. `guests` is an
        operator's folder of transparent images of beings. `subjects` finds the photos' subjects. Raises
        EngineUnavailable when `guests` does not exist or contains an image that is not transparent.
        """
        self.cache = kernel.cache_in(cache or kernel.default_folder())
        self._bank, self._subjects = open_bank(guests), subjects or Subjects()

    def expand(self, request: Request, report: Report) -> Painted:
        """Paint a request. Raises EngineError when the photo is empty or not an array of (height, width, 3) bytes."""
        photo = _checked(request.photo)
        made = versions("kuotu", "numpy", "numba", "onnxruntime", "opencv-python-headless")
        key = f"{self.name} {made} guests={self._bank.digest}"
        if not request.margins:
            return Painted(photo.copy(), {"key": key, **_named([]), "boxes": [], "beings": 0.0})
        report(0.0)
        salience = self._subjects.salience(photo)
        subject = find_subject(photo, _unpainted(salience, request))
        report(SEEN)
        singular = _singular(salience if subject is not None else np.zeros_like(salience), request)
        canvas = _scenery(photo, subject, request, singular, part(report, SEEN, 0.95))
        cast = Cast([], [], legs=False, share=0.0)
        if request.style is not Style.FAITHFUL:
            cast = perform(canvas, replace(request, photo=photo), subject, self._bank)
        canvas[request.margins.box(request.extent).slices] = photo
        report(1.0)
        seen = {"cut": _completed(subject, request.margins), "legs": cast.legs}
        added = {"boxes": [list(box) for box in cast.boxes], "beings": cast.share}
        return Painted(canvas, {"key": key, **_named(cast.guests), **seen, **added})


def _completed(subject: Subject | None, margins: Margins) -> list[str]:
    """Return the sides at which the frame cut the subject and new pixels go on with it."""
    return [side.value for side in grown(margins) if subject is not None and side in subject.cut]


def _named(guests: Sequence[Guest]) -> Recipe:
    """Return the credits of the guests that are in the picture, and the keys of those that came from the chat."""
    credits_ = dict.fromkeys(guest.credit for guest in guests if guest.credit)
    return {"credits": list(credits_), "visitors": [guest.visitor for guest in guests if guest.visitor]}


def _singular(salience: Salience, request: Request) -> Floats:
    """Return how far each part of the photo should not be seen twice, (height, width) of the saliency map.

    That is what stands out where there is a subject, and certainly what earlier steps of a chain have added.
    """
    known = np.asarray(salience / 255, np.float32)
    for painted in _beings_on(salience, request):
        known[painted] = BEING
    return known


def _unpainted(salience: Salience, request: Request) -> Salience:
    """Return the map without what earlier steps of a chain have added, so that none of it is taken for the subject."""
    own = salience.copy()
    for painted in _beings_on(salience, request):
        own[painted] = 0
    return own


def _beings_on(salience: Salience, request: Request) -> Iterator[tuple[slice, slice]]:
    """Yield the parts of a map, rows and columns, where earlier steps of a chain have painted beings."""
    across, down = salience.shape[1] / request.extent.width, salience.shape[0] / request.extent.height
    for box in request.beings:
        rows = slice(int(max(0, box.top) * down), int(np.ceil(max(0, box.bottom) * down)))
        yield rows, slice(int(max(0, box.left) * across), int(np.ceil(max(0, box.right) * across)))


def _scenery(photo: Pixels, subject: Subject | None, request: Request, singular: Floats, report: Report) -> Pixels:
    """Return the canvas without beings. A removable subject is removed from the photo before the scene is extended."""
    if is_screenshot(photo, request.margins):
        return continued(photo, request.margins)
    if subject is None or not subject.removable:
        return _filled(photo, request, singular, report)
    height, width = photo.shape[:2]
    alpha = alpha_at(subject, width, height)
    canvas = _filled(without(photo, alpha), request, singular, report)
    close(canvas, photo, alpha, request.margins, subject.cut)
    return canvas


def _filled(photo: Pixels, request: Request, singular: Floats, report: Report) -> Pixels:
    margins, settings = request.margins, SETTINGS[request.style]
    canvas = margins.canvas(request.extent)
    work = WORK_LARGE if canvas.area > LARGE else WORK
    collage = _collage(photo, margins, request.style, request.seed, work, COARSE, part(report, 0.0, 0.8), singular)
    return finish(photo, margins, collage, settings.pages, part(report, 0.8, 1.0))


def prefill(photo: Pixels, margins: Margins, seed: int = 0, work: int = 96 * 72) -> Pixels:
    """Return a quick, soft init image of the whole canvas for a model: a small synthesis, enlarged."""
    photo = _checked(photo)
    collage = _collage(photo, margins, Style.FAITHFUL, seed, work, work // 12, ignore)
    extent = Extent.of(photo)
    canvas = cv2.resize(collage.pixels, margins.canvas(extent), interpolation=cv2.INTER_LINEAR)
    canvas[margins.box(extent).slices] = photo
    return np.asarray(canvas, np.uint8)


def _collage(
    photo: Pixels,
    margins: Margins,
    style: Style,
    seed: int,
    work: int,
    coarse: int,
    report: Report,
    singular: Floats = NOWHERE,
) -> Collage:
    levels = plan(Extent.of(photo), margins, work, coarse)
    small = np.asarray(cv2.resize(photo, levels[-1].photo, interpolation=cv2.INTER_AREA), np.uint8)
    return synthesize(small, levels, SETTINGS[style].drawn(seed), seed, report, singular)


def _checked(photo: Pixels) -> Pixels:
    if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype != np.uint8 or photo.size == 0:
        raise EngineError(
            f"a photo is (height, width, 3) bytes of at least one pixel, not {photo.shape} of {photo.dtype}"
        )
    return np.ascontiguousarray(photo)
