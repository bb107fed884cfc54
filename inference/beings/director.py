"""Draws from the seed who appears in a wild image and how many, so that rerolls differ in kind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from numpy.random import Generator


class Hem(StrEnum):
    """How a subject that the lower frame cuts is continued."""

    SHORT = "short"  # a short hem with legs
    LONG = "long"  # the last stretch repeated, like an endless robe, with legs


class Scene(StrEnum):
    """The scene beside the photo."""

    TWINS = "twins"  # copies of the subject on legs
    VISIT = "visit"  # a copy of the subject and a guest
    PARADE = "parade"  # the same guest several times in single file
    GIANT = "giant"  # a large hazy guest on the horizon and small guests in front
    CROWD = "crowd"  # several different guests


@dataclass(frozen=True)
class Script:
    """The drawn plan. The stage may not have room for all of it."""

    scene: Scene
    hem: Hem
    pairs: int  # pairs of legs under a hem; 0 means as many as fit
    runners: int  # number of small beings below the photo
    guests: tuple[int, ...]  # indices in the bank, in the order of appearance
    suitcases: tuple[bool, ...]  # whether each being carries one


WITH_SUBJECT: Final[tuple[tuple[Scene, float], ...]] = ((Scene.TWINS, 0.45), (Scene.VISIT, 0.4), (Scene.PARADE, 0.15))
WITHOUT: Final[tuple[tuple[Scene, float], ...]] = ((Scene.GIANT, 0.4), (Scene.PARADE, 0.25), (Scene.CROWD, 0.35))
LONG_HEMS: Final = 0.25  # share of all hems
SUITCASES: Final = 0.25  # share of all beings
MOST: Final = 10  # maximum number of beings in an image


def direct(random: Generator, has_subject: bool, guests: int) -> Script:
    """Draw a script. `guests` is the number of guests in the bank."""
    offered = WITH_SUBJECT if has_subject else WITHOUT
    return Script(
        scene=offered[int(random.choice(len(offered), p=[share for _, share in offered]))][0],
        hem=Hem.LONG if random.random() < LONG_HEMS else Hem.SHORT,
        pairs=int(random.choice((0, 1, 2))),
        runners=int(random.integers(1, 4)) if random.random() < 0.5 else 0,
        guests=tuple(int(nth) for nth in random.permutation(guests)[:MOST]),
        suitcases=tuple(bool(draw < SUITCASES) for draw in random.random(MOST)),
    )
