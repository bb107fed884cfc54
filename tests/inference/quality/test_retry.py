"""Retries with an engine that has good and bad seeds, judged by the gate."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import pytest

from inference.canvas import Extent, Margins
from inference.engine import Cancelled, Engine, EngineError, Painted, Reads, Report, Request, ignore
from inference.image.codec import decode
from inference.quality.gate import Kind, Problem, Unfit
from inference.quality.retry import RETRIES, Careful, derived
from tests.support.photos import SAMPLES

MARGINS = Margins(60, 40, 0, 50)
PHOTO = np.asarray(
    cv2.resize(decode((SAMPLES / "life.jpg").read_bytes()), (360, 240), interpolation=cv2.INTER_AREA), np.uint8
)
REQUEST = Request(PHOTO, MARGINS, seed=11)
SEEDS = [derived(REQUEST.seed, number) for number in range(RETRIES + 1)]


@dataclass
class Moody:
    """Mirrors the photo, which passes the gate. With some seeds it adds grey, which does not."""

    shades: dict[int, int] = field(default_factory=dict)
    refuses: tuple[int, ...] = ()  # seeds with which it finds a fault itself
    asked: list[Request] = field(default_factory=list)
    name: str = "moody"
    reads: Reads = Reads.ENGLISH
    devices: int = 3

    def expand(self, request: Request, report: Report) -> Painted:
        self.asked.append(request)
        report(0.0)
        if request.seed in self.refuses:
            raise Unfit(Problem(Kind.IGNORED, None, 40.0, 25.0))
        margins, (width, height) = request.margins, request.extent
        sizes = margins.top, margins.bottom, margins.left, margins.right
        canvas = cv2.copyMakeBorder(request.photo, *sizes, cv2.BORDER_REFLECT_101).astype(np.int16)
        canvas[:, : margins.left] += self.shades.get(request.seed, 0)
        canvas[margins.top :][:height, margins.left :][:, :width] = request.photo
        report(1.0)
        recipe = {"words": [f"word-{request.seed}"], "margins": request.margins}
        return Painted(np.clip(canvas, 0, 255).astype(np.uint8), recipe)


def test_a_good_first_attempt_is_the_only_one() -> None:
    engine = Moody()
    attempt = Careful(engine).attempt(REQUEST, ignore)
    assert (attempt.seed, attempt.problem, len(engine.asked)) == (11, None, 1)


def test_it_is_an_engine_like_the_one_inside() -> None:
    engine: Engine = Careful(Moody())
    assert (engine.name, engine.reads, engine.devices) == ("moody", Reads.ENGLISH, 3)
    assert np.array_equal(engine.expand(REQUEST, ignore).pixels, Moody().expand(REQUEST, ignore).pixels)


@pytest.mark.parametrize("number", [1, 2], ids=["second", "third"])
def test_the_first_seed_without_a_problem_is_kept_and_reported(number: int) -> None:
    engine = Moody(dict.fromkeys(SEEDS[:number], -255))
    attempt = Careful(engine).attempt(REQUEST, ignore)
    assert (attempt.seed, attempt.problem) == (SEEDS[number], None)
    assert attempt.painted.recipe["words"] == [f"word-{SEEDS[number]}"]
    assert [request.seed for request in engine.asked] == SEEDS[: number + 1]
    again = Careful(engine).attempt(replace(REQUEST, seed=attempt.seed), ignore)
    assert np.array_equal(again.painted.pixels, attempt.painted.pixels)


def test_of_three_visible_problems_the_smallest_is_shown() -> None:
    attempt = Careful(Moody(dict(zip(SEEDS, (60, 30, 90), strict=True)))).attempt(REQUEST, ignore)
    assert attempt.seed == SEEDS[1]
    assert attempt.problem is not None
    assert attempt.problem.kind in (Kind.STEP, Kind.SEAM)


def test_a_visible_problem_is_shown_rather_than_a_black_side() -> None:
    attempt = Careful(Moody(dict(zip(SEEDS, (-255, 60, -255), strict=True)))).attempt(REQUEST, ignore)
    assert attempt.seed == SEEDS[1]


def test_nothing_but_black_is_a_failed_expansion() -> None:
    with pytest.raises(EngineError, match=r"in 3 attempts: black at the left: 0\.00, bound 4; black.*another style"):
        Careful(Moody(dict.fromkeys(SEEDS, -255))).attempt(REQUEST, ignore)


def test_what_another_seed_does_not_change_is_not_tried_a_third_time() -> None:
    engine = Moody(dict.fromkeys(SEEDS, 60))
    attempt = Careful(engine).attempt(REQUEST, ignore)
    assert [request.seed for request in engine.asked] == SEEDS[:2]
    assert attempt.problem is not None
    assert attempt.seed == SEEDS[0]


def test_what_was_copied_from_the_photo_is_shown_whatever_it_looks_like() -> None:
    problems = {
        SEEDS[0]: Problem(Kind.NOISE, None, 0.1, 0.4),
        SEEDS[1]: Problem(Kind.NOISE, None, 0.39, 0.4),
        SEEDS[2]: Problem(Kind.FLAT, None, 0.2, 2.0),
    }
    copying, painting = Moody(reads=Reads.NOTHING), Moody()
    careful = Careful(copying, lambda _canvas, _margins: problems[copying.asked[-1].seed])
    assert careful.attempt(REQUEST, ignore).seed == SEEDS[1]
    with pytest.raises(EngineError, match="noise"):
        Careful(painting, lambda _canvas, _margins: problems[painting.asked[-1].seed]).attempt(REQUEST, ignore)


def test_what_an_engine_finds_itself_counts() -> None:
    assert Careful(Moody(refuses=tuple(SEEDS[:2]))).attempt(REQUEST, ignore).seed == SEEDS[2]
    with pytest.raises(EngineError, match="ignored"):
        Careful(Moody(refuses=tuple(SEEDS))).attempt(REQUEST, ignore)


@pytest.mark.parametrize(
    ("shades", "ends"),
    [
        pytest.param((-255, 0, 0), ["another"], id="helped"),
        pytest.param((60, 60, 60), ["another", "no other"], id="the same again"),
        pytest.param((60, 30, 90), ["another", "another", "no other"], id="often enough"),
    ],
)
def test_every_refusal_is_logged_with_what_follows(
    shades: tuple[int, ...], ends: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    engine = Moody(dict(zip(SEEDS, shades, strict=True)))
    Careful(engine).attempt(REQUEST, ignore)
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [line.rpartition("; ")[2] for line in said] == [f"{end} seed is tried" for end in ends]
    assert said[0].startswith("moody, seed 11: ")


@pytest.mark.parametrize("bad", range(RETRIES + 1), ids=["once", "twice", "three times"])
def test_progress_only_grows_however_often_it_is_tried(bad: int) -> None:
    seen: list[float] = []
    Careful(Moody(dict.fromkeys(SEEDS[:bad], -255))).attempt(REQUEST, seen.append)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)


def test_cancelling_passes_through() -> None:
    def leave(_fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        Careful(Moody()).attempt(REQUEST, leave)


def test_a_flat_border_is_kept_from_the_engine_and_stays_in_the_canvas() -> None:
    photo = np.asarray(cv2.copyMakeBorder(PHOTO, 12, 12, 20, 20, cv2.BORDER_CONSTANT, value=(255, 255, 255)), np.uint8)
    request, engine = Request(photo, MARGINS), Moody()
    canvas = Careful(engine).expand(request, ignore).pixels
    (asked,) = engine.asked
    assert np.array_equal(asked.photo, photo[12:-12, 20:])  # the right side does not grow
    assert asked.margins == Margins(80, 52, 0, 62)
    assert (canvas.shape[1], canvas.shape[0]) == MARGINS.canvas(Extent(400, 264))
    assert np.array_equal(canvas[40:304, 60:], photo)
    assert (canvas[100, :60] != 255).any()


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_derived_seeds_are_seeds_and_differ(seed: int) -> None:
    seeds = [derived(seed, number) for number in range(RETRIES + 1)]
    assert seeds[0] == seed
    assert len(set(seeds)) == RETRIES + 1
    assert all(0 <= each < 2**31 for each in seeds)
