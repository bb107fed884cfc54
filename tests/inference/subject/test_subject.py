"""The subject network on real photos, and the use of its result."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.canvas import Margins
from inference.engine import Pixels
from inference.image.bands import Side
from inference.image.codec import decode
from inference.image.onnx import WEIGHTS
from inference.subject.memory import Subjects
from inference.subject.removal import alpha_at, cap, close, without
from inference.subject.salience import SIDE, Salience, salience, squeezed
from inference.subject.subject import Subject, find_subject
from scripts.extract_u2netp import DIGEST

BLACK = (0, 0, 0)
SAMPLES = Path(__file__).parents[3] / "bot" / "playground" / "samples"


@lru_cache
def sample(name: str, longest: int = 360) -> Pixels:
    photo = decode((SAMPLES / f"{name}.jpg").read_bytes())
    factor = longest / max(photo.shape)
    return np.asarray(cv2.resize(photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


@lru_cache
def seen(name: str) -> Subject | None:
    return find_subject(sample(name), salience(squeezed(sample(name))))


def blank(colour: tuple[int, int, int]) -> Pixels:
    return np.full((SIDE, SIDE, 3), colour, np.uint8)


@lru_cache
def looked_at(colour: tuple[int, int, int]) -> Salience:
    """Return what the network says of a blank photo."""
    found = salience(blank(colour))
    assert found.shape == (SIDE, SIDE)
    return found


def subject(name: str) -> Subject:
    found = seen(name)
    assert found is not None
    return found


def test_the_weights_are_those_that_the_script_takes() -> None:
    assert sha256((WEIGHTS / "u2netp.onnx").read_bytes()).hexdigest() == DIGEST


@pytest.mark.parametrize(
    ("name", "cut", "removable"),
    [
        ("astronaut", {Side.BOTTOM, Side.LEFT}, True),
        ("coffee", set(), True),
        ("chelsea", {Side.TOP, Side.BOTTOM}, False),
    ],
)
def test_a_subject_is_found_with_the_sides_that_cut_it(name: str, cut: set[Side], removable: bool) -> None:
    found = subject(name)
    assert {Side.BOTTOM, Side.TOP} & found.cut == {Side.BOTTOM, Side.TOP} & cut
    assert found.removable is removable
    assert found.matte.shape == found.photo.shape[:2]
    assert found.cutout.shape == (found.box.bottom - found.box.top, found.box.right - found.box.left, 4)


@pytest.mark.parametrize("name", ["aitzgorri", "life", "picos"])
def test_a_landscape_has_no_subject(name: str) -> None:
    assert seen(name) is None


@pytest.mark.parametrize("colour", [BLACK, (255, 255, 255), (200, 30, 60)])
def test_a_blank_photo_has_no_subject(colour: tuple[int, int, int]) -> None:
    """To the network, every grey is white, because it sees a photo in shares of its brightest pixel."""
    photo = np.full((40, 60, 3), colour, np.uint8)
    assert find_subject(photo, looked_at(colour)) is None


@pytest.mark.parametrize("size", [(1, 1), (1, 90), (3, 2)])
def test_the_smallest_photos_are_looked_at(size: tuple[int, int]) -> None:
    photo = np.zeros((*size, 3), np.uint8)
    assert np.array_equal(squeezed(photo), blank(BLACK))
    assert find_subject(photo, looked_at(BLACK)) is None


def test_a_map_is_computed_once_per_photo_and_few_are_kept() -> None:
    subjects = Subjects(most=1)
    coffee, other = sample("coffee"), sample("coffee")[:, ::-1].copy()
    first = subjects.of(coffee)
    kept = next(iter(subjects._maps.values()))
    subjects.of(coffee.copy())
    assert next(iter(subjects._maps.values())) is kept
    assert first is not None
    subjects.of(other)
    assert len(subjects._maps) == 1


def test_without_its_subject_a_photo_keeps_what_stands_beside_it() -> None:
    found, photo = subject("coffee"), sample("coffee")
    alpha = alpha_at(found, photo.shape[1], photo.shape[0])
    bare = without(photo, alpha)
    assert np.array_equal(bare[:, :20], photo[:, :20])
    inside = alpha > 200
    assert float(np.abs(bare[inside].astype(int) - photo[inside]).mean()) > 15  # the white and red cup is gone
    table = photo[alpha == 0]
    assert np.abs(bare[inside].mean(axis=0) - table.mean(axis=0)).max() < 40


def test_a_subject_wider_than_its_photo_is_covered_from_above() -> None:
    photo = np.zeros((20, 30, 3), np.uint8)
    photo[:10] = 200
    alpha = np.zeros((20, 30), np.uint8)
    alpha[10:] = 255
    assert (without(photo, alpha)[12:] == 200).mean() > 0.9


@pytest.mark.parametrize("side", Side)
def test_a_cut_subject_is_closed_beyond_every_side(side: Side) -> None:
    turns = {Side.BOTTOM: 0, Side.LEFT: 1, Side.TOP: 2, Side.RIGHT: 3}[side]
    photo, alpha = np.full((60, 80, 3), 10, np.uint8), np.zeros((60, 80), np.uint8)
    photo, alpha = np.rot90(photo, -turns).copy(), np.rot90(alpha, -turns).copy()
    turned_photo, turned_alpha = np.rot90(photo, turns), np.rot90(alpha, turns)
    turned_photo[30:, 20:60], turned_alpha[30:, 20:60] = 240, 255
    margins = Margins(30, 30, 30, 30)
    canvas = np.full((photo.shape[0] + 60, photo.shape[1] + 60, 3), 10, np.uint8)
    close(canvas, photo, alpha, margins, frozenset({side}))
    below = np.rot90(canvas, turns)[30 + turned_photo.shape[0] :]
    assert below[2, 30 + 40].min() > 150  # goes on in the middle,
    assert below[-2].max() == 10  # ends,
    assert below[10, 30 + 20].max() == 10  # and is round


def test_a_cap_is_never_deeper_than_its_room() -> None:
    photo, alpha = np.full((50, 60, 3), 99, np.uint8), np.full((50, 60), 255, np.uint8)
    canvas = np.zeros((53, 60, 3), np.uint8)
    assert cap(canvas, photo, alpha, (0, 0)) == 3


def test_a_subject_that_the_network_is_unsure_of_goes_on_without_a_seam() -> None:
    photo, alpha = np.full((60, 80, 3), 10, np.uint8), np.zeros((60, 80), np.uint8)
    photo[20:, 20:60], alpha[20:, 20:60] = 240, 150
    alpha[40:, 36:40] = 0  # a gap in the map
    photo[40:, 10:20] = 120  # what stands close to the subject was covered, too
    alpha[40:, 14:20] = 20
    canvas = np.full((90, 80, 3), 10, np.uint8)
    canvas[:60] = photo
    cap(canvas, photo, alpha, (0, 0))
    assert canvas[60, 25:55].min() > 230
    assert canvas[60, 18].min() > 60
