"""The part of a canvas that a model sees, its size, and the init image there."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from PIL import Image

from inference.canvas import Box, Extent, Margins
from inference.diffusion.assemble import finish
from inference.diffusion.init_image import sketch
from inference.diffusion.presets import Fill
from inference.diffusion.window import LONGEST, Window, passes, plan, sides_apart, sizes
from inference.growth import Direction, scaled
from inference.patchmatch import kernel
from tests.support.tiny import request_for

BUDGET, MULTIPLE = 1024 * 1024, 32


def test_work_sizes_are_few_near_the_budget_and_the_same_upright() -> None:
    found = sizes(BUDGET, MULTIPLE)
    assert len(found) == 33
    assert Extent(1024, 1024) in found
    assert {Extent(height, width) for width, height in found} == set(found)
    for size in found:
        assert size.width % MULTIPLE == size.height % MULTIPLE == 0
        assert 0.9 * BUDGET <= size.width * size.height <= BUDGET
        assert 1 / LONGEST <= size.width / size.height <= LONGEST


@pytest.mark.parametrize(
    ("photo", "margins", "steps"),
    [
        pytest.param((1000, 800), Margins(right=500), 1, id="x1.5 in one pass"),
        pytest.param((200, 133), Margins(50, 33, 50, 34), 1, id="x1.5, rounded up"),
        pytest.param((1000, 800), Margins(right=1000), 2, id="x2 in two"),
        pytest.param((1000, 1200), Margins(1500, 0, 1500, 0), 4, id="x4 in four"),
        pytest.param((1000, 800), Margins(250, 800, 250, 800), 3, id="the larger growth counts"),
        pytest.param((6000, 1000), Margins(left=900, right=900), 2, id="a panorama, one end after the other"),
        pytest.param((100, 100), Margins(), 0, id="nothing"),
    ],
)
def test_passes_add_up_and_none_grows_too_much(photo: tuple[int, int], margins: Margins, steps: int) -> None:
    extent, found = Extent(*photo), passes(Extent(*photo), margins)
    assert len(found) == steps
    assert np.array_equal(np.sum([(0, 0, 0, 0), *map(astuple, found)], axis=0), astuple(margins))
    for step in found:
        canvas = step.canvas(extent)
        assert canvas.width <= extent.width * 1.5 + 1
        assert canvas.height <= extent.height * 1.5 + 1
        extent = canvas


@pytest.mark.parametrize(
    ("photo", "margins", "box", "work"),
    [
        pytest.param((1280, 960), Margins(320, 240, 320, 240), Box(0, 0, 1920, 1440), (1184, 864), id="all"),
        pytest.param((1280, 960), Margins(right=640), Box(0, 0, 1920, 960), (1472, 704), id="right"),
        pytest.param((1280, 960), Margins(left=640), Box(0, 0, 1920, 960), (1472, 704), id="left"),
        pytest.param((4000, 3000), Margins(right=400), Box(2666, 0, 4400, 3000), (768, 1344), id="a narrow strip"),
        pytest.param((3000, 4000), Margins(bottom=2000), Box(0, 0, 3000, 6000), (736, 1408), id="down"),
        pytest.param((60, 40), Margins(left=30), Box(0, 0, 90, 40), (1536, 672), id="small photos are enlarged"),
    ],
)
def test_the_window(photo: tuple[int, int], margins: Margins, box: Box, work: tuple[int, int]) -> None:
    assert plan(Extent(*photo), margins, BUDGET, MULTIPLE) == Window(box, Extent(*work))


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("photo", [(640, 480), (4000, 3000), (301, 977), (2000, 500)])
def test_the_window_holds_all_that_is_new_hardly_stretched(photo: tuple[int, int], direction: Direction) -> None:
    extent = Extent(*photo)
    for step in passes(extent, scaled(extent, direction, 1.5)):
        (left, top, right, bottom), work = astuple_of(plan(extent, step, BUDGET, MULTIPLE))
        place, extent = step.box(extent), step.canvas(extent)
        assert 0 <= left <= right <= extent.width
        assert 0 <= top <= bottom <= extent.height
        assert not step.left or left == 0
        assert not step.top or top == 0
        assert not step.right or right == extent.width
        assert not step.bottom or bottom == extent.height
        assert max(left, place.left) < min(right, place.right)
        assert 0.95 < (right - left) / (bottom - top) / (work.width / work.height) < 1.05


@pytest.mark.parametrize("direction", [Direction.LEFT, Direction.RIGHT, Direction.UP, Direction.DOWN])
@pytest.mark.parametrize("photo", [(1280, 960), (4000, 3000), (1080, 1920), (1000, 1000)])
def test_a_strip_that_stands_alone_is_at_most_a_third_of_its_window(
    photo: tuple[int, int], direction: Direction
) -> None:
    """A model loses the context if it sees more new area than photo. The ControlNet was trained on 6 to 30 %."""
    extent = Extent(*photo)
    margins = scaled(extent, direction, 1.5)
    (left, top, right, bottom), _ = astuple_of(plan(extent, margins, BUDGET, MULTIPLE))
    area, new = (right - left) * (bottom - top), sum(astuple(margins)) * min(extent.width, right - left)
    if direction in (Direction.LEFT, Direction.RIGHT):
        new = sum(astuple(margins)) * extent.height
    assert new / area <= 1 / 3 + 1e-3


@pytest.mark.parametrize(
    ("step", "sides"),
    [
        (Margins(1, 2, 3, 4), [Margins(left=1), Margins(right=3), Margins(top=2), Margins(bottom=4)]),
        (Margins(top=5), [Margins(top=5)]),
    ],
)
def test_sides_apart(step: Margins, sides: list[Margins]) -> None:
    assert sides_apart(step) == sides


def astuple_of(window: Window) -> tuple[Box, Extent]:
    return window.box, window.work


@pytest.fixture(scope="module", autouse=True)
def _compiled_kernels() -> None:
    kernel.cache_in(kernel.default_folder())


@pytest.mark.parametrize("overlap", [0, 8])
@pytest.mark.parametrize("fill", Fill)
def test_a_sketch_shows_the_photo_where_it_belongs(fill: Fill, overlap: int) -> None:
    """The mask ends at a cell of the latent grid, at the photo's edge or up to seven pixels inside."""
    ramp = np.linspace(40, 200, 300).astype(np.uint8)
    photo = np.ascontiguousarray(np.broadcast_to(ramp[None, :, None], (200, 300, 3)))
    window = plan(Extent(300, 200), Margins(left=90), 128 * 128, 32)
    shown = sketch(photo, Margins(left=90), window, fill, overlap, 0)
    assert shown.picture.shape[:2] == shown.mask.shape == window.work[::-1]
    columns = np.flatnonzero(shown.mask[0] == 0)
    assert columns[0] % 8 == 0
    assert overlap <= columns[0] - shown.kept.left < overlap + 8
    places = (columns + 0.5) * (window.box.right - window.box.left) / window.work.width + window.box.left - 90 - 0.5
    expected = np.interp(places, np.arange(300), ramp)
    assert np.abs(shown.picture[:, columns].mean(axis=(0, 2)) - expected).max() < 1.5
    painted = shown.picture[:, : shown.kept.left]
    colours = {Fill.BLACK: (0, 0, 0), Fill.GRAY: (128, 128, 128), Fill.GREEN: (0, 255, 0)}
    if fill in colours:
        assert (painted == colours[fill]).all()
    else:
        assert np.abs(painted.astype(float).mean() - 60) < 40


def test_the_overlap_is_painted_too_but_only_beside_new_pixels() -> None:
    photo = np.zeros((128, 128, 3), np.uint8)
    window = Window(Box(0, 0, 192, 128), Extent(192, 128))
    shown = sketch(photo, Margins(left=64), window, Fill.GRAY, 16, 0)
    assert (shown.mask == np.where(np.arange(192) < 80, 255, 0)[None]).all()


@pytest.mark.parametrize(
    "margins",
    [Margins(left=150), Margins(right=201), Margins(100, 66, 101, 67), Margins(top=133), Margins(bottom=80)],
    ids=["left", "right", "all", "up", "down"],
)
def test_what_an_ideal_model_paints_lands_where_it_belongs(margins: Margins) -> None:
    true = request_for("life", 600).photo
    height, width = true.shape[:2]
    extent = Extent(width - margins.left - margins.right, height - margins.top - margins.bottom)
    photo = np.ascontiguousarray(true[margins.top :, margins.left :][: extent.height, : extent.width])
    window = plan(extent, margins, 512 * 512, MULTIPLE)
    part = Image.fromarray(true[window.box.slices])
    ideal = np.asarray(part.resize(window.work, Image.Resampling.LANCZOS))
    shown = sketch(photo, margins, window, Fill.BLACK, 0, 0)
    left, top, right, bottom = shown.kept
    difference = np.abs(ideal[top:bottom, left:right].astype(int) - shown.photo)[3:-3, 3:-3]
    assert difference.mean() < 0.5
    canvas = finish(ideal, photo, margins, window, register=False)
    new = margins.mask(extent) > 0
    shifted = np.roll(true, 1, axis=(0, 1))
    assert np.abs(canvas.astype(int) - true)[new].mean() < 0.5 * np.abs(shifted.astype(int) - true)[new].mean()
