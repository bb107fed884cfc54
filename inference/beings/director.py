"""Who appears in a wild picture, and how many: drawn from the seed, so that rerolls differ in kind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from numpy.random import Generator


class Hem(StrEnum):
    """How a subject that the lower frame cuts goes on."""

    SHORT = "short"  # a hem, and legs
    LONG = "long"  # its last stretch repeated, like the emperor's endless robe


class Scene(StrEnum):
    """What happens beside the photo."""

    TWINS = "twins"  # of the subject, on legs
    VISIT = "visit"  # a twin, and a guest
    PARADE = "parade"  # one guest several times, in single file
    GIANT = "giant"  # a large hazy guest on the horizon, and small ones in front
    CROWD = "crowd"  # several different guests


@dataclass(frozen=True)
class Script:
    """What the director wants; the stage may have no room for all of it."""

    scene: Scene
    hem: Hem
    pairs: int  # of legs under a hem, 0 for as many as find room
    runners: int  # small beings below the photo
    guests: tuple[int, ...]  # numbers in the bank, in the order in which they appear
    suitcases: tuple[bool, ...]  # for each being in turn


WITH_SUBJECT: Final[tuple[tuple[Scene, float], ...]] = ((Scene.TWINS, 0.45), (Scene.VISIT, 0.4), (Scene.PARADE, 0.15))
WITHOUT: Final[tuple[tuple[Scene, float], ...]] = ((Scene.GIANT, 0.4), (Scene.PARADE, 0.25), (Scene.CROWD, 0.35))
LONG_HEMS: Final = 0.25  # of all hems
SUITCASES: Final = 0.25  # of all beings
MOST: Final = 10  # beings in a picture


def direct(random: Generator, has_subject: bool, guests: int) -> Script:
    """`guests`: how many the bank has."""
    offered = WITH_SUBJECT if has_subject else WITHOUT
    return Script(
        scene=offered[int(random.choice(len(offered), p=[share for _, share in offered]))][0],
        hem=Hem.LONG if random.random() < LONG_HEMS else Hem.SHORT,
        pairs=int(random.choice((0, 1, 2))),
        runners=int(random.integers(1, 4)) if random.random() < 0.5 else 0,
        guests=tuple(int(nth) for nth in random.permutation(guests)[:MOST]),
        suitcases=tuple(bool(draw < SUITCASES) for draw in random.random(MOST)),
    )
