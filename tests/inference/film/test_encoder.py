"""Films: the path of the camera, the content of the frames, and the decoded files."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from inference.canvas import Extent, Margins, NoSuchCanvas
from inference.engine import Pixels
from inference.film import encoder as films
from inference.film.camera import AFTER, BEFORE, FPS, Shots, frame_of, nested, reveal, zoom
from inference.film.encoder import before_after, film, frames
from inference.image.codec import encode_master
from inference.image.mosaic import Mosaic
from inference.image.refusal import BadPhoto
from tests.support.films import CHAINS, chain, difference, margins_of, played, same, sample


def resized(picture: Pixels, width: int, height: int) -> Pixels:
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))


@pytest.mark.parametrize(
    ("canvas", "frame"),
    [
        (Extent(6000, 4000), Extent(720, 480)),
        (Extent(4000, 6000), Extent(480, 720)),
        (Extent(301, 201), Extent(300, 200)),
        (Extent(8000, 1000), Extent(720, 360)),
        (Extent(1000, 8000), Extent(360, 720)),
        (Extent(17, 17), Extent(16, 16)),
    ],
    ids=str,
)
def test_a_film_has_the_canvas_shape_in_even_numbers(canvas: Extent, frame: Extent) -> None:
    assert frame_of(canvas) == frame


@pytest.mark.parametrize("name", CHAINS)
def test_the_camera_only_ever_moves_outwards_and_sees_all_that_is_shown(name: str) -> None:
    canvas, steps = margins_of(name, Extent(900, 600))
    shots, boxes = zoom(canvas, steps), nested(canvas, steps)
    assert shots.shown[0] == pytest.approx(boxes[0])
    assert shots.shown[-1] == pytest.approx([0, 0, *canvas])
    for rects in (shots.shown, shots.view):
        assert (np.diff(rects[:, :2], axis=0) <= 1e-6).all()
        assert (np.diff(rects[:, 2:], axis=0) >= -1e-6).all()
    assert (shots.view[:, :2] <= shots.shown[:, :2] + 1e-6).all()
    assert (shots.view[:, 2:] >= shots.shown[:, 2:] - 1e-6).all()
    shapes = (shots.view[:, 2] - shots.view[:, 0]) / (shots.view[:, 3] - shots.view[:, 1])
    assert shapes == pytest.approx(shots.frame.width / shots.frame.height)


@pytest.mark.parametrize("name", CHAINS)
def test_the_way_is_soft_at_both_ends_and_nowhere_sudden(name: str) -> None:
    canvas, steps = margins_of(name, Extent(900, 600))
    shown = zoom(canvas, steps).shown
    growth = np.diff(np.log((shown[:, 2] - shown[:, 0]) * (shown[:, 3] - shown[:, 1])))
    moving = growth[np.flatnonzero(growth)[0] : np.flatnonzero(growth)[-1] + 1]
    assert (moving > 0).all()
    assert max(moving[:3].max(), moving[-3:].max()) < 0.2 * moving.max()
    assert np.abs(np.diff(moving)).max() < 0.2 * moving.max()


@pytest.mark.parametrize("name", CHAINS)
def test_a_film_takes_three_to_six_seconds(name: str) -> None:
    shots = zoom(*margins_of(name, Extent(900, 600)))
    assert 3 <= len(shots.view) / FPS <= 6.1


def test_steps_larger_than_the_canvas_are_refused() -> None:
    with pytest.raises(ValueError, match="leave nothing of a canvas of 100x80"):
        nested(Extent(100, 80), [Margins(50, 0, 0, 0), Margins(0, 0, 60, 0)])


@pytest.mark.parametrize("name", ["twice", "around-the-corner"])
def test_every_frame_is_as_sharp_as_if_it_came_from_the_master_itself(name: str) -> None:
    canvas, steps = margins_of(name, Extent(900, 600))
    picture = sample("picos", *canvas)
    whole = zoom(canvas, steps)
    filled = (whole.view >= 0).all(axis=1) & np.isclose(whole.view, whole.shown).all(axis=1)  # without backdrop
    chosen = np.flatnonzero(filled)[::20]
    shots = replace(whole, view=whole.view[chosen], shown=whole.shown[chosen])
    for view, frame in zip(shots.view, frames(picture, shots), strict=True):
        box = tuple(view.clip(0, (*canvas, *canvas)))
        direct = np.asarray(Image.fromarray(picture).resize(shots.frame, Image.Resampling.LANCZOS, box=box))
        assert difference(frame, direct) < 1.5
        assert np.diff(frame.astype(int), axis=1).std() > 0.95 * np.diff(direct.astype(int), axis=1).std()


def test_levels_are_at_most_twice_as_large_as_the_film() -> None:
    canvas, steps = margins_of("twice", Extent(1200, 800))
    shots = zoom(canvas, steps)
    levels = films._levels(sample("picos", *canvas), shots)
    assert sorted(levels) == [1, 2, 4]
    for level in levels.values():
        assert max(level.image.size) <= 2 * max(shots.frame) + 2 * films.EDGE + 2


def test_what_is_not_shown_yet_is_backdrop_up_to_the_very_pixel() -> None:
    canvas = np.full((200, 400, 3), 255, np.uint8)
    shots = reveal(Extent(400, 200), Margins(100, 50, 100, 50))
    first = next(iter(frames(canvas, shots)))
    outside = np.ones(first.shape[:2], bool)
    outside[50:150, 100:300] = False
    assert (first[outside] == films.BACKDROP).all()
    assert (first[50:150, 100:300] == 255).all()


@pytest.mark.parametrize("name", CHAINS)
def test_a_played_film_goes_from_the_first_photo_to_the_last_canvas(name: str) -> None:
    photo, canvas, steps = chain(name)
    data = film(canvas, steps)
    shown = played(data)
    shots = zoom(Extent.of(canvas), steps)
    assert len(shown) == len(shots.view)
    assert shown[0].shape == (shots.frame.height, shots.frame.width, 3)
    assert len(data) < films.BYTES
    assert data.index(b"moov") < data.index(b"mdat")
    for number, picture in ((0, photo), (-1, canvas)):
        left, top, right, bottom = place(shots, number)
        part = shown[number][top:bottom, left:right]
        assert difference(part, resized(picture, right - left, bottom - top)) < 8


def place(shots: Shots, number: int) -> list[int]:
    """Return where the picture lies in a frame."""
    view, seen = shots.view[number], shots.shown[number]
    scale = (view[2] - view[0]) / shots.frame.width
    return [round(edge) for edge in (seen - np.tile(view[:2], 2)) / scale]


def test_a_played_film_moves_with_every_frame_and_never_jumps() -> None:
    _, canvas, steps = chain("twice")
    shown = played(film(canvas, steps))
    start, end = round(BEFORE * FPS), len(shown) - round(AFTER * FPS)
    changes = np.array([difference(a, b) for a, b in zip(shown[start : end - 1], shown[start + 1 : end], strict=True)])
    middle = changes[len(changes) // 4 : -len(changes) // 4]
    assert middle.min() > 0.1
    assert changes.max() < 3 * np.median(middle)


def test_the_colours_survive() -> None:
    canvas = np.empty((64, 96, 3), np.uint8)
    canvas[:] = (200, 40, 90)
    for frame in (played(film(canvas, [Margins(8, 8, 8, 8)]))[k] for k in (0, -1)):
        assert np.abs(frame[24:40, 32:64].mean((0, 1)) - (200, 40, 90)).max() < 3


def test_before_and_after_is_a_loop_without_a_cut() -> None:
    photo, canvas, steps = chain("once")
    shown = played(before_after(canvas, steps[0]))
    left, top = steps[0].left, steps[0].top
    assert difference(shown[0], shown[-1]) < 2
    for frame in (shown[0], shown[len(shown) // 2]):
        assert difference(frame[top : top + 64, left : left + 96], photo) < 8
    assert difference(shown[len(shown) // 2], canvas) < 8
    assert shown[0][:top].mean() < 30


def test_a_master_may_be_a_file_and_gives_the_same_film() -> None:
    _, canvas, steps = chain("once")
    assert same(film(Mosaic.of(encode_master(canvas)), steps), film(canvas, steps))


def test_noise_stays_within_what_mobile_data_bears() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (480, 720, 3), np.uint8)
    data = film(noise, [Margins(120, 80, 120, 80)])
    assert len(data) < 1.1 * films.BYTES
    assert len(played(data)) == len(zoom(Extent(720, 480), [Margins(120, 80, 120, 80)]).view)


def test_what_is_no_chain_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one expansion"):
        film(np.zeros((64, 64, 3), np.uint8), [])
    with pytest.raises(BadPhoto):
        film(Mosaic.of(b"no picture"), [Margins(1, 1, 1, 1)])
    with pytest.raises(NoSuchCanvas):
        film(np.zeros((64, 64, 3), np.uint8), [Margins(-1)])


WITHOUT = """
import sys
sys.modules["av"] = None  # as if it were not installed
import numpy as np
from inference.canvas import Margins
from inference.film.encoder import FilmUnavailable, film
try:
    film(np.zeros((64, 64, 3), np.uint8), [Margins(8)])
except FilmUnavailable as error:
    print(error)
"""


def test_without_the_extra_the_remedy_is_one_line() -> None:
    ran = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert "-e '.[video]'" in ran.stdout
    assert ran.stdout.count("\n") == 1
