"""Makes wild and playful images by carrying out a script on a stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator

from inference.beings.bank import Bank, Guest
from inference.beings.being import being, closed
from inference.beings.director import Scene, Script, direct
from inference.beings.hem import grow_legs
from inference.beings.light import Light
from inference.beings.sprite import SOLID, Sprite, mirrored, resized, trimmed
from inference.beings.stage import Place, Stage
from inference.canvas import Box, Margins
from inference.engine import Pixels, Request, Style
from inference.image.bands import Side
from inference.subject.subject import Subject

LOWER: Final = 0.15  # least margin below the photo for legs, as a share of the photo's height
TOPS, LEGS, LUGGAGE = 0.42, 0.36, 0.2  # longest sides of the sprites as shares of the canvas's height
OFFERED: Final = 3  # number of drawn pairs of legs, of which the one with the most contrast to the ground is used


class Cast(NamedTuple):
    """Who was added: the guests, the boxes of all beings on the canvas, and whether the photo's subject got legs."""

    guests: list[Guest]
    boxes: list[Box]
    legs: bool
    share: float  # of the new pixels that beings and their shadows cover, 0 to 1


@dataclass(eq=False)
class Performance:
    """The state of one image while beings are added. `guests` are those that were placed."""

    stage: Stage
    bank: Bank
    visitors: Sequence[Guest]  # they come before the bank's guests
    photo: Pixels
    margins: Margins
    subject: Subject | None
    random: Generator
    guests: list[Guest] = field(default_factory=list)
    legs: bool = False  # whether the subject of the photo goes on below it on legs

    @property
    def below(self) -> bool:
        """Whether the lower frame cuts the subject and the margin has room to continue it."""
        room = self.margins.bottom >= LOWER * self.photo.shape[0]
        return room and self.subject is not None and self.subject.removable and Side.BOTTOM in self.subject.cut

    def wild(self) -> None:
        """Carry out the script: legs or copies of the subject, guests, and runners."""
        script = direct(self.random, self.subject is not None, len(self.bank.guests))
        suitcases = iter(script.suitcases)
        if self.subject is not None and self.below:
            legs = self._legs(("stand", "wide", "walk", "stride", "cross", "knee"))
            self._grow(self.subject, legs, script)
        guests = [*self.visitors, *(self.bank.guests[nth] for nth in script.guests)]
        alone = self.visitors and script.scene is Scene.TWINS  # then a visitor takes the place of the second twin
        cast = _CASTS[Scene.VISIT if alone else script.scene]
        for part in cast:
            who = None if part.twin and self.subject is not None else guests[part.guest]
            self._enter(who, self._where(part), next(suitcases))
        if self.margins.bottom > 0.12 * self.photo.shape[0] and not self.below:
            for across in np.sort(self.random.uniform(0.18, 0.82, script.runners)):
                twin = self.subject is not None and script.scene is Scene.TWINS
                self._enter(None if twin else guests[-1], self._underneath(float(across)), next(suitcases))

    def _grow(self, subject: Subject, legs: Sprite, script: Script) -> None:
        """Let the subject of the photo go on below it on legs."""
        stage = self.stage
        with stage.trace.within(Box(0, stage.photo.bottom, stage.width, stage.height)):
            taken = grow_legs(stage.canvas, self.photo, subject, self.margins, legs, script, self.random)
        stage.taken.append(taken)
        self.legs = True

    def playful(self) -> None:
        """Place one to three copies of the subject on the photo's own ground, or a small guest without a subject."""
        if self.subject is None:
            drawn = self.bank.guests[int(self.random.integers(len(self.bank.guests)))]
            guest = self.visitors[0] if self.visitors else drawn
            self._enter(guest, Place((0.07, 0.2), (self.stage.floor, 0.985)), False)
            return
        copy = self._twin
        ground = (self.margins.top + self.photo.shape[0] * self.subject.box.bottom / self.subject.photo.shape[0]) / (
            self.stage.height
        )
        for _ in range(int(self.random.integers(1, 4))):
            shown = mirrored(copy) if self.random.random() < 0.5 else copy
            self.stage.place(shown, Place((0.1, 0.6), (min(0.97, ground - 0.04), min(0.99, ground + 0.08)), seen=0.62))

    def _where(self, part: Part) -> Place:
        low = (self.margins.top + self.photo.shape[0]) / self.stage.height
        floor = self.stage.floor
        if part.giant:
            return Place(
                (0.4, 0.95), (max(0.6, self.stage.horizon / self.stage.height + 0.08), 0.96), seen=0.75, haze=0.1
            )
        feet = (min(0.97, max(floor, low - 0.02)), 0.99) if part.twin else (floor, 0.985)
        return Place(part.height, feet, part.across, part.seen)

    def _underneath(self, across: float) -> Place:
        room = self.margins.bottom / self.stage.height
        return Place((0.75 * room, 0.98 * room), (0.965, 0.985), (across, across + 0.02), seen=0.95)

    def _enter(self, guest: Guest | None, where: Place, suitcase: bool) -> None:
        """Place a guest on legs, or a copy of the subject when `guest` is None."""
        light = self.stage.light
        top = light.on(self._fitted(guest.sprite, TOPS)) if guest else self._twin
        top = mirrored(top) if self.random.random() < 0.5 else top
        luggage = light.on(self._fitted(self.bank.suitcase, LUGGAGE)) if suitcase else None
        walker = being(top, self._legs(), self.random, luggage)
        if self.stage.place(walker, where) and guest and guest not in self.guests:
            self.guests.append(guest)

    @cached_property
    def _twin(self) -> Sprite:
        """The photo's subject as a sprite."""
        assert self.subject is not None
        return self._fitted(closed(self.subject.cutout, self.subject.cut), TOPS)

    def _fitted(self, sprite: Sprite, share: float) -> Sprite:
        """Reduce a sprite to the largest size of its kind on this canvas."""
        return resized(sprite, min(1.0, share * self.stage.height / max(sprite.shape)))

    def _legs(self, poses: tuple[str, ...] = ()) -> Sprite:
        """Return the drawn pair of legs that differs most from the ground in brightness."""
        ground = float(self.stage.canvas[int(0.85 * self.stage.height) :: 4, ::4].mean())
        offered = [legs for legs in self.bank.legs if not poses or legs.pose in poses]
        drawn = [offered[nth].sprite for nth in self.random.integers(len(offered), size=OFFERED)]
        chosen = max(drawn, key=lambda legs: abs(_brightness(legs) - ground))
        return self.stage.light.on(self._fitted(chosen, LEGS))


@dataclass(frozen=True)
class Part:
    """One role: a copy of the subject or a guest, and its placement."""

    height: tuple[float, float]
    twin: bool = False
    guest: int = 0
    giant: bool = False
    across: tuple[float, float] = (0.0, 1.0)
    seen: float = 0.8


_CASTS: Final = {
    Scene.TWINS: (Part((0.12, 0.85), twin=True, seen=0.62), Part((0.12, 0.7), twin=True, seen=0.62)),
    Scene.VISIT: (Part((0.12, 0.85), twin=True, seen=0.62), Part((0.12, 0.7))),
    Scene.PARADE: tuple(Part((0.13, 0.42), across=(nth / 5, (nth + 1) / 5)) for nth in range(5)),
    Scene.GIANT: (Part((0.4, 0.95), giant=True), Part((0.2, 0.75), guest=1), Part((0.1, 0.3), guest=2)),
    Scene.CROWD: tuple(Part((0.12, 0.6), guest=nth) for nth in range(4)),
}


def perform(canvas: Pixels, request: Request, subject: Subject | None, bank: Bank) -> Cast:
    """Add beings to a canvas in place, and return who and where they are."""
    photo, margins = request.photo, request.margins
    random = np.random.default_rng([request.seed, 77])
    visitors = [Guest("", "", partial(trimmed, visitor.cutout), visitor.key) for visitor in request.visitors]
    stage = Stage(canvas, margins.box(request.extent), Light.of(photo), random)
    performance = Performance(stage, bank, visitors, photo, margins, subject, random)
    if request.style is Style.WILD:
        performance.wild()
    else:
        performance.playful()
    new = canvas.shape[0] * canvas.shape[1] - request.extent.area
    share = round(stage.trace.count(outside=stage.photo) / new, 4)
    return Cast(performance.guests, stage.taken[1:], performance.legs, share)  # the first box is that of the photo


def _brightness(legs: Sprite) -> float:
    sample = legs[::4, ::4]
    return float(sample[sample[..., 3] > SOLID][:, :3].mean())
