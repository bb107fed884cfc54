"""A subject that is painted a second time into the new part."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import pytest

from inference.canvas import Box, Extent, Margins
from inference.engine import Painted, Pixels, Reads, Report, Request, Style, ignore
from inference.image.codec import decode
from inference.quality.gate import Kind
from inference.quality.repetition import repeated
from inference.quality.retry import RETRIES, Careful, trust
from inference.subject.memory import Subjects
from inference.subject.subject import Subject
from inference.worker.checks import NO_CLASSIFIER, CheckedEngine, Checks
from tests.support.photos import SAMPLES

PHOTO = np.asarray(
    cv2.resize(decode((SAMPLES / "coffee.jpg").read_bytes()), (450, 300), interpolation=cv2.INTER_AREA), np.uint8
)
CUP = Box(110, 20, 390, 290)
MARGINS = Margins(left=320)


class Known(Subjects):
    """Knows that the photo's subject is the cup, without the network."""

    def of(self, photo: Pixels) -> Subject | None:
        matte = np.zeros(photo.shape[:2], np.float32)
        matte[CUP.slices] = 1
        return Subject(photo, matte, CUP, frozenset())


def painted(*, cup: Pixels | None) -> Pixels:
    """Return a canvas whose left part is a plain gradient, with a cup on it."""
    ground = np.tile(np.linspace(60, 120, MARGINS.left).astype(np.uint8)[None, :, None], (300, 1, 3))
    if cup is not None:
        ground[10 : 10 + cup.shape[0], 20 : 20 + cup.shape[1]] = cup
    return np.hstack([ground, PHOTO])


def sized(cup: Pixels, size: float) -> Pixels:
    return np.asarray(cv2.resize(np.ascontiguousarray(cup), None, fx=size, fy=size, interpolation=cv2.INTER_AREA))


THE_CUP = PHOTO[CUP.slices]
DARKER = np.asarray(THE_CUP * 0.8, np.uint8)


@pytest.mark.parametrize(
    ("cup", "seen"),
    [
        pytest.param(THE_CUP, True, id="as it is"),
        pytest.param(sized(THE_CUP[:, ::-1], 0.7), True, id="mirrored and smaller"),
        pytest.param(DARKER, True, id="in other light"),
        pytest.param(np.ascontiguousarray(THE_CUP[::-1]), False, id="upside down, as water reflects"),
        pytest.param(sized(THE_CUP, 0.12), False, id="too small to be a copy"),
        pytest.param(np.full_like(THE_CUP, 90), False, id="another thing"),
        pytest.param(None, False, id="nothing"),
    ],
)
def test_a_second_subject_is_seen(cup: Pixels | None, seen: bool) -> None:
    subject = Known().of(PHOTO)
    assert subject
    found = repeated(painted(cup=cup), MARGINS, subject)
    assert (found > 0) == seen
    assert repeated(painted(cup=cup), MARGINS, subject) == found


def test_a_true_continuation_has_none() -> None:
    """A photo around a part of itself."""
    margins = Margins(60, 30, 40, 20)
    inner = np.ascontiguousarray(PHOTO[margins.box(Extent(350, 250)).slices])
    matte = np.ones(inner.shape[:2], np.float32)
    assert repeated(PHOTO, margins, Subject(inner, matte, Box(0, 0, 350, 250), frozenset())) == 0


@dataclass
class Doubling:
    """Paints the cup again, unless the seed is in `good`."""

    good: tuple[int, ...] = ()
    reads: Reads = Reads.ENGLISH
    asked: list[int] = field(default_factory=list)
    name: str = "doubling"
    devices: int = 1

    def expand(self, request: Request, report: Report) -> Painted:
        self.asked.append(request.seed)
        return Painted(painted(cup=None if request.seed in self.good else THE_CUP), {})


REQUEST = Request(PHOTO, MARGINS, seed=3)


def test_a_faithful_picture_with_two_subjects_is_painted_again() -> None:
    first = Doubling()
    attempt = Careful(first, trust, Known()).attempt(REQUEST, ignore)
    assert attempt.problem
    assert attempt.problem.kind is Kind.TWICE
    assert len(first.asked) in (2, RETRIES + 1)  # then the least bad is shown
    better = Doubling(good=tuple(first.asked[1:]))
    assert Careful(better, trust, Known()).attempt(REQUEST, ignore).problem is None
    assert better.asked == first.asked[:2]


@pytest.mark.parametrize(
    ("engine", "request_", "subjects"),
    [
        pytest.param(Doubling(), replace(REQUEST, style=Style.WILD), Known(), id="wild"),
        pytest.param(Doubling(reads=Reads.NOTHING), REQUEST, Known(), id="an engine without a model"),
        pytest.param(Doubling(), REQUEST, None, id="the gate is off"),
    ],
)
def test_others_may_show_it_twice(engine: Doubling, request_: Request, subjects: Subjects | None) -> None:
    assert Careful(engine, trust, subjects).attempt(request_, ignore).problem is None
    assert len(engine.asked) == 1


def test_a_second_subject_makes_a_wild_picture_more_surprising() -> None:
    wild, checks = replace(REQUEST, style=Style.WILD), Checks(classifier=NO_CLASSIFIER)
    rated = [
        CheckedEngine(Doubling(reads=reads), checks).expand(wild, ignore).surprise
        for reads in (Reads.ENGLISH, Reads.NOTHING)
    ]
    assert rated[0] is not None
    assert rated[1] is not None
    assert rated[0] > rated[1]
