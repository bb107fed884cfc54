"""The PatchMatch engine on real photos."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
import pytest

from benchmarks.uncrop import Blind
from inference.canvas import Box, Extent, Margins
from inference.engine import EngineError, Pixels, Request, Style, ignore
from inference.growth import Direction, scaled
from inference.patchmatch.engine import PatchMatch, prefill
from inference.patchmatch.tone import FARTHEST, REACH, reach
from inference.quality.retry import Careful
from inference.subject.memory import Subjects
from tests.support.photos import SAMPLES

# the samples with the strongest seams, and with the layouts that differ least
HARD = ["aitzgorri", "astronaut", "coffee", "friends", "rocket", "seeding"]


def sample(name: str, longest: int) -> Pixels:
    """Return a sample photo at a small size."""
    photo = cv2.cvtColor(cv2.imread(str(SAMPLES / f"{name}.jpg"), cv2.IMREAD_REDUCED_COLOR_2), cv2.COLOR_BGR2RGB)
    scale = longest / max(photo.shape)
    return np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def asked(photo: Pixels, direction: Direction = Direction.ALL, scale: float = 1.5) -> Request:
    return Request(photo, scaled(Extent.of(photo), direction, scale), seed=1)


@pytest.fixture(scope="session")
def engine() -> PatchMatch:
    return PatchMatch(subjects=Subjects(most=64))  # each photo is looked at once


def kept(result: Pixels, request: Request) -> Pixels:
    box = request.margins.box(request.extent)
    return result[box.slices]


def layout_difference(one: Pixels, other: Pixels, request: Request) -> float:
    """Return the mean difference of the new parts at 1/16 scale, in grey levels."""
    small = max(1, one.shape[1] // 16), max(1, one.shape[0] // 16)
    a, b, new = (
        cv2.resize(picture.astype(np.float32), small, interpolation=cv2.INTER_AREA)
        for picture in (one, other, request.margins.mask(request.extent))
    )
    return float(np.abs(a - b).mean(axis=2)[new > 127].mean())


@pytest.mark.parametrize(
    ("extent", "margins"),
    [
        pytest.param(Extent(300, 9), Margins(0, 20, 7, 0), id="strip"),
        pytest.param(Extent(24, 24), Margins(300, 0, 0, 0), id="huge margin"),
        pytest.param(Extent(1500, 200), Margins(0, 50, 0, 50), id="panorama"),
        pytest.param(Extent(108, 240), Margins(66, 0, 66, 0), id="tall screen"),
    ],
)
@pytest.mark.parametrize("style", Style)
def test_what_is_far_from_square_is_filled(engine: PatchMatch, extent: Extent, margins: Margins, style: Style) -> None:
    """The contract of all engines holds the common odd sizes; these have been hard for this one's pyramid."""
    photo = np.asarray(cv2.resize(sample("sunset", 200), extent, interpolation=cv2.INTER_AREA), np.uint8)
    request = Request(photo, margins, style)
    result = engine.expand(request, ignore).pixels
    assert result.shape[1::-1] == margins.canvas(extent)
    assert np.array_equal(kept(result, request), photo)


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (200, 30, 60)])
def test_a_blank_page_grows_blank(colour: tuple[int, int, int]) -> None:
    """A blank page has no subject (`tests/inference/subject`)."""
    request, blind = asked(np.full((80, 60, 3), colour, np.uint8)), PatchMatch(subjects=Blind())
    assert (blind.expand(request, ignore).pixels == colour).all()


def test_text_stays_black_on_white(engine: PatchMatch) -> None:
    page = np.full((120, 200, 3), 255, np.uint8)
    for line in range(1, 6):
        cv2.putText(page, "Kuotu expands", (12, 20 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1)
    request = asked(page)
    new = engine.expand(request, ignore).pixels[request.margins.mask(request.extent) > 0]
    assert np.median(new) > 250
    assert int(np.ptp(new, axis=1).max()) <= 2  # grey stays grey


@pytest.mark.parametrize("name", HARD)
def test_a_reroll_is_clearly_another_layout(engine: PatchMatch, name: str) -> None:
    request = asked(sample(name, 240), Direction.RIGHT)
    first, second = (engine.expand(replace(request, seed=seed), ignore).pixels for seed in (1, 2))
    assert layout_difference(first, second, request) >= 5


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "wine", "picos"])
def test_the_styles_are_told_apart(engine: PatchMatch, name: str) -> None:
    """Beings make wild and playful differ from faithful, and from each other, in some part of the new area."""
    request = asked(sample(name, 240))
    results = [engine.expand(replace(request, style=style), ignore).pixels for style in Style]
    new = request.margins.mask(request.extent) > 0
    for one, other in ((0, 1), (0, 2), (1, 2)):
        apart = np.abs(results[one].astype(int) - results[other]).max(axis=2) > 24
        assert apart[new].mean() > 0.01


def test_whoever_walks_in_is_credited_and_the_bank_is_part_of_the_key(engine: PatchMatch) -> None:
    request = replace(asked(sample("picos", 240)), style=Style.WILD)
    recipe = engine.expand(request, ignore).recipe
    assert recipe["credits"]
    assert all(" by " in credit for credit in recipe["credits"])
    assert "guests=" in recipe["key"]
    assert engine.expand(replace(request, style=Style.FAITHFUL), ignore).recipe["credits"] == []


@pytest.mark.parametrize("style", Style)
def test_a_sticker_on_white_passes_the_gate_at_once(engine: PatchMatch, style: Style) -> None:
    """A disc ends 8 px before the edge, within the rim that the gate looks at."""
    photo = np.full((180, 200, 3), 255, np.uint8)
    cv2.circle(photo, (100, 90), 82, (200, 40, 60), -1)
    cv2.circle(photo, (70, 70), 20, (20, 20, 90), -1)
    request = replace(asked(photo), style=style)
    attempt = Careful(engine).attempt(request, ignore)
    assert (attempt.seed, attempt.problem) == (request.seed, None)
    if style is Style.FAITHFUL:
        new = attempt.painted.pixels[request.margins.mask(request.extent) > 0]
        assert (new > 245).mean() > 0.97


def test_no_second_head_grows_from_a_portrait(engine: PatchMatch) -> None:
    """The orange suit, which belongs to the astronaut, does not appear in the upper corners."""
    request = asked(sample("astronaut", 240))
    result = engine.expand(request, ignore).pixels.astype(int)
    orange = (result[..., 0] > 150) & (result[..., 0] > result[..., 2] + 90)
    assert orange[: request.margins.top].mean() < 0.01


def test_what_an_earlier_step_has_painted_is_not_copied() -> None:
    """A red thing stands in a lawn, in the margin that an earlier step has added."""
    lawn = np.random.default_rng(1).integers(90, 120, (120, 160, 3)).astype(np.uint8)
    lawn[..., 1] += 60
    lawn[60:100, 120:140] = (220, 20, 20)
    blind = PatchMatch(subjects=Blind())
    painted = 0.0
    for seed in range(4):
        request = replace(asked(lawn, Direction.RIGHT), seed=seed)
        new = request.margins.mask(request.extent) > 0
        for beings in ((), (Box(118, 58, 142, 102),)):
            result = blind.expand(replace(request, beings=beings), ignore).pixels.astype(int)
            red = float((result[new][:, 0] - result[new][:, 1] > 80).mean())
            painted += 0.0 if beings else red
            assert not beings or red < 0.002
    assert painted > 0.01  # it would have been, had nobody told


def test_what_an_earlier_step_has_painted_is_no_part_of_the_subject(engine: PatchMatch) -> None:
    """Something green stands before the astronaut, at the lower frame, and the mirror image would show it again."""
    photo = sample("astronaut", 256)
    height, width = photo.shape[:2]
    box = Box(width // 2 - 20, height - 60, width // 2 + 20, height - 4)
    photo[box.slices] = (20, 230, 40)
    request = Request(photo, Margins(0, 0, 0, height // 3))
    for beings in ((), (box,)):
        below = engine.expand(replace(request, beings=beings), ignore).pixels[height:].astype(int)
        green = float((below[..., 1] - below[..., 0] > 80).mean())
        assert green < 0.01 if beings else green > 0.05


def test_what_stands_out_is_not_copied_into_the_margin(engine: PatchMatch) -> None:
    """The cat's eyes are green, and there are two of them."""
    request = asked(sample("chelsea", 240))
    result = engine.expand(request, ignore).pixels.astype(int)
    green = (result[..., 1] - result[..., 2] > 35) & (result[..., 1] >= result[..., 0] - 12)
    assert green[request.margins.mask(request.extent) > 0].mean() < 0.002


def test_the_same_request_gives_the_same_bytes_on_threads_side_by_side(engine: PatchMatch) -> None:
    photo, seeds = sample("life", 128), (0, 5, 2**31 - 1)
    requests = [replace(asked(photo), style=style, seed=seed) for style, seed in zip(Style, seeds, strict=True)]

    def expand(request: Request) -> Pixels:
        return engine.expand(request, ignore).pixels

    alone = [expand(request) for request in requests]
    with ThreadPoolExecutor(3) as threads:
        together = list(threads.map(expand, requests * 2))
    assert all(np.array_equal(one, other) for one, other in zip(alone * 2, together, strict=True))


def test_what_is_not_a_photo_is_refused_in_one_sentence(engine: PatchMatch) -> None:
    with pytest.raises(EngineError, match=r"not \(0, 4, 3\)"):
        engine.expand(Request(np.zeros((0, 4, 3), np.uint8), Margins(1, 1, 1, 1)), ignore)


def test_a_prefill_is_a_canvas_with_the_photo_in_it() -> None:
    request = asked(sample("picos", 300))
    result = prefill(request.photo, request.margins)
    assert np.array_equal(kept(result, request), request.photo)
    assert result[request.margins.mask(request.extent) > 0].std() > 20


@pytest.mark.parametrize("direction", [Direction.ALL, Direction.LEFT])
def test_the_seam_is_no_stronger_than_the_picture(engine: PatchMatch, direction: Direction) -> None:
    """The mean step at the left seam is compared with the steps on both sides of it."""
    ratios = []
    for name in HARD:
        request = asked(sample(name, 240), direction)
        result, left = engine.expand(request, ignore).pixels.astype(np.float32), request.margins.left
        step = np.abs(np.diff(result, axis=1)).mean(axis=(0, 2))
        ratios.append(step[left - 1] / np.mean([*step[left - 7 : left - 2], *step[left + 1 : left + 6]]))
    assert np.mean(ratios) < 1.2


def test_a_step_bleeds_far_in_a_clear_sky_and_hardly_in_a_thicket() -> None:
    sky = np.full((40, 60, 3), 150, np.uint8)
    thicket = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    assert (reach(sky) == FARTHEST).all()
    assert (reach(thicket) == REACH).all()
    assert FARTHEST > 4 * REACH


def test_it_tells_what_it_did_with_somebody_whom_the_frame_cuts(engine: PatchMatch) -> None:
    """Half the photo is a figure that the lower frame cuts."""
    photo = sample("astronaut", 240)
    request = Request(photo, Margins(0, 0, 60, 120), Style.WILD, seed=3)
    wild = engine.expand(request, ignore).recipe
    assert (wild["cut"], wild["legs"]) == (["bottom"], True)
    faithful = engine.expand(replace(request, style=Style.FAITHFUL), ignore).recipe
    assert (faithful["cut"], faithful["legs"]) == (["bottom"], False)
    above = engine.expand(replace(request, margins=Margins(0, 60, 80, 0)), ignore).recipe
    assert (above["cut"], above["legs"]) == ([], False)
