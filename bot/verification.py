"""Answers whether a picture was made here, how that is known, and whether the photo in it is untouched.

It tells nothing about persons. A hash inside a file proves only that whoever signed it says so, so the proof compares
with the register, or with the photo itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.marks import Marks, steps_of
from bot.pictures import Pictures
from inference.canvas import Box, Extent
from inference.engine import Pixels
from inference.image.codec import decode_kept
from inference.marks.detection import Detection, detect
from inference.marks.fingerprint import ALIKE, fingerprint
from inference.marks.manifest import Found, State, read
from inference.marks.origin import Step, pixel_hash
from inference.marks.proof import outlined, seems_untouched, source_hash, untouched
from inference.marks.watermark import SMALLEST
from storage.expansions import Store
from storage.models import Expansion, Mark
from storage.register import Register

SIMILAR = 16  # bits in which the fingerprints of a picture and of a cropped copy may differ, if the watermark agrees
SLACK = 0.01  # by which the ratio of a scaled copy may differ from that of its master


class Layer(StrEnum):
    """How it is known that a picture was made here."""

    SIGNATURE = "signature"
    WATERMARK = "watermark"
    PIXELS = "pixels"  # the register knows exactly these pixels
    LIKENESS = "likeness"  # the register knows a picture that looks like this one


class Proof(StrEnum):
    """What is known about the rectangle of the photo."""

    UNTOUCHED = "untouched"  # every pixel, at every step, as the register or the photo says
    CHANGED = "changed"  # at least one pixel differs
    SEEMS_UNTOUCHED = "seems_untouched"  # as far as a re-encoded copy shows
    SEEMS_CHANGED = "seems_changed"
    CLAIMED = "claimed"  # only the file itself says so
    UNKNOWN = "unknown"  # there is nothing to compare with


@dataclass(frozen=True)
class Verdict:
    """The answer."""

    layers: frozenset[Layer]
    manifest: State
    proof: Proof = Proof.UNKNOWN
    made_at: datetime | None = None
    engine: str = ""
    steps: tuple[Step, ...] = ()  # first photo first, in the pixels of the master
    boxes: tuple[Box, ...] = ()  # their rectangles in the picture; empty where it was cropped
    too_small: bool = False  # so few pixels are new that they carry no watermark

    @property
    def ours(self) -> bool:
        """Whether the picture was made here."""
        return bool(self.layers)


@dataclass(frozen=True)
class Seen:
    """What a file shows by itself."""

    pixels: Pixels
    found: Found
    hash: str
    looks: str
    detection: Detection
    lossless: bool


@dataclass(frozen=True)
class Archive:
    """What the register and the stored photos know. Without a database, nothing."""

    register: Register
    store: Store
    pictures: Pictures


def look(data: bytes, marks: Marks) -> Seen:
    """Return what a file shows. It blocks for a second or more. Raises BadPhoto."""
    pixels = decode_kept(data)
    lossless = data.startswith(b"\x89PNG") or data[12:16] == b"VP8L" or b"VP8L" in data[:64]
    found = read(data, marks.keys)
    detection = detect(pixels, marks.keys.secret, cropped=found.state is not State.OURS)
    return Seen(pixels, found, pixel_hash(pixels), fingerprint(pixels), detection, lossless)


async def verify(seen: Seen, archive: Archive | None, photo: Pixels | None = None) -> Verdict:
    """Compare what a file shows with the register, and with the photo that the asker has."""
    layers = {Layer.SIGNATURE} if seen.found.state is State.OURS else set()
    layers |= {Layer.WATERMARK} if seen.detection.sure else set()
    mark, more = await _registered(seen, archive.register) if archive is not None else (None, set[Layer]())
    verdict = Verdict(frozenset(layers | more), seen.found.state)
    if archive is not None and mark is not None:
        chain = await archive.store.ancestry(mark.expansion_id)
        marks = await archive.register.of([step.id for step in chain])
        verdict = _described(verdict, seen, chain, marks)
        source = photo if photo is not None else await _first_photo(chain, archive.pictures)
    else:
        verdict, source = _claimed(verdict, seen), photo
    return replace(verdict, proof=await asyncio.to_thread(_proof, seen, verdict, source, given=photo is not None))


async def _registered(seen: Seen, register: Register) -> tuple[Mark | None, set[Layer]]:
    """Return the best mark that the register has for a picture, and how it was found."""
    for mark in await register.exact(seen.hash):
        return mark, {Layer.PIXELS}
    alike = await register.alike(seen.looks, SIMILAR)
    near = {mark.expansion_id for mark in await register.alike(seen.looks, ALIKE)}
    likeness = {Layer.LIKENESS} if near else set()
    if seen.found.state is State.OURS and seen.found.origin is not None:
        for mark in await register.numbered(seen.found.origin.number):
            return mark, likeness & ({Layer.LIKENESS} if mark.expansion_id in near else set())
    if seen.detection.sure:
        known = [*alike, *await register.numbered(seen.detection.number)]
        agreed = [mark for mark in known if seen.detection.carries(mark.number)]
        if agreed:
            best = max(agreed, key=lambda mark: (seen.detection.agreement(mark.number), mark.expansion_id))
            return best, {Layer.LIKENESS} if best.expansion_id in near else set()
    return (alike[0], likeness) if likeness else (None, set())


def _described(verdict: Verdict, seen: Seen, chain: Sequence[Expansion], marks: Mapping[int, Mark]) -> Verdict:
    last, steps = chain[-1], tuple(steps_of(chain, marks))
    if last.result is None:
        return verdict
    master = Extent(last.result.width, last.result.height)
    new = 1 - steps[-1].box.extent.area / master.area
    return replace(
        verdict,
        made_at=last.finished_at or last.created_at,
        engine=last.engine,
        steps=steps,
        boxes=_placed(steps, master, Extent.of(seen.pixels)),
        too_small=not last.doubles and new < SMALLEST,
    )


def _claimed(verdict: Verdict, seen: Seen) -> Verdict:
    """Return what a signed file says of itself, where the register does not know it."""
    origin = seen.found.origin
    if seen.found.state is not State.OURS or origin is None or not origin.steps:
        return verdict
    boxes = tuple(step.box for step in origin.steps)
    fits = all(box & Extent.of(seen.pixels).box == box for box in boxes)
    return replace(verdict, engine=origin.steps[-1].engine, steps=origin.steps, boxes=boxes if fits else ())


def _placed(steps: Sequence[Step], master: Extent, picture: Extent) -> tuple[Box, ...]:
    """Return the rectangles of steps in a copy of the master, or none where the copy was cropped."""
    scale = max(picture) / max(master)
    if any(abs(side * scale - other) > 1 + SLACK * other for side, other in zip(master, picture, strict=True)):
        return ()
    return tuple(step.box * scale & picture.box for step in steps)


async def _first_photo(chain: Sequence[Expansion], pictures: Pictures) -> Pixels | None:
    try:
        picture = await pictures.of(chain[0].source)
        return await asyncio.to_thread(picture.mosaic.pixels)
    except FileNotFoundError:
        return None


def _proof(seen: Seen, verdict: Verdict, photo: Pixels | None, *, given: bool) -> Proof:
    """Return what the comparison shows. `given` says that the photo comes from the asker and not from the register."""
    if not verdict.steps or not verdict.boxes:
        return Proof.UNKNOWN
    whole = verdict.boxes == tuple(step.box for step in verdict.steps)
    registered = verdict.made_at is not None
    if seen.lossless and whole and (registered or given) and any(step.sha256 for step in verdict.steps):
        same = _same(seen, verdict, photo if given else None, registered=registered)
        return Proof.UNTOUCHED if same else Proof.CHANGED
    if photo is not None and not verdict.boxes[0].empty:
        alike = seems_untouched(seen.pixels, verdict.boxes[0], photo)
        return Proof.SEEMS_UNTOUCHED if alike else Proof.SEEMS_CHANGED
    return Proof.CLAIMED


def _same(seen: Seen, verdict: Verdict, photo: Pixels | None, *, registered: bool) -> bool:
    if photo is not None and source_hash(seen.pixels, verdict.steps[0]) != pixel_hash(photo):
        return False
    if not registered:
        return photo is not None
    # Halving averages four pixels, which hides small changes. The register knows the doubled picture itself.
    doubled = verdict.steps[-1].zoom > 1
    return untouched(seen.pixels, verdict.steps) and (not doubled or Layer.PIXELS in verdict.layers)


def drawn(seen: Seen, verdict: Verdict) -> bytes | None:
    """Return a JPEG of the picture with the rectangle of the photo and of each step, or None where it is unknown."""
    return outlined(seen.pixels, verdict.boxes) if verdict.boxes else None
