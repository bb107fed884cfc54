"""The shipped classifier on real photos, and the verdicts that thresholds derive from its scores."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from inference.engine import EngineUnavailable, Pixels
from inference.image.codec import decode
from inference.image.onnx import WEIGHTS
from inference.registry import open_classifier
from inference.safety.mobilenet import MobileNet
from inference.safety.verdict import Level, Scores, Thresholds, check, decide, looks
from tests.support.photos import SAMPLES


@pytest.fixture(scope="module")
def mobilenet() -> MobileNet:
    return MobileNet()


def sample(name: str) -> Pixels:
    return decode((SAMPLES / f"{name}.jpg").read_bytes())


@dataclass
class Certain:
    """A classifier that gives the same scores for every picture."""

    explicit: float
    name: str = "certain"

    def scores(self, pixels: Pixels) -> Scores:
        return Scores(self.explicit, 0.0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # drawing, hentai, neutral, porn, sexy: TensorFlow.js on nsfwjs 4.3.0 itself, by scripts/compare_nsfw.mjs
        ("astronaut", (0.0065, 0.0004, 0.9927, 0.0003, 0.0000)),
        ("life", (0.0665, 0.0006, 0.9325, 0.0002, 0.0003)),
        ("rocket", (0.3375, 0.0000, 0.6624, 0.0000, 0.0000)),
        ("wine", (0.0016, 0.0003, 0.2870, 0.0129, 0.6982)),
    ],
)
def test_the_conversion_says_what_nsfwjs_says(mobilenet: MobileNet, name: str, expected: tuple[float, ...]) -> None:
    assert mobilenet.classes(looks(sample(name))[0]) == pytest.approx(expected, abs=1e-2)


def test_the_conversion_says_what_nsfwjs_says_of_noise(mobilenet: MobileNet) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (224, 224, 3), np.uint8)
    assert mobilenet.classes(noise) == pytest.approx((0.0961, 0.0080, 0.8859, 0.0087, 0.0013), abs=1e-2)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.jpg")), ids=lambda path: path.stem)
def test_every_sample_photo_is_safe(mobilenet: MobileNet, path: Path) -> None:
    assert check(sample(path.stem), mobilenet).level is Level.SAFE


@pytest.mark.parametrize(
    ("explicit", "suggestive", "level"),
    [
        pytest.param(0.0, 0.0, Level.SAFE, id="plain"),
        pytest.param(0.749, 0.899, Level.SAFE, id="just below"),
        pytest.param(0.0, 1.0, Level.SAFE, id="as revealing as can be"),
        pytest.param(0.75, 0.0, Level.UNSURE, id="perhaps explicit"),
        pytest.param(0.95, 0.0, Level.UNSAFE, id="explicit"),
        pytest.param(0.95, 0.95, Level.UNSAFE, id="the worse counts"),
    ],
)
def test_thresholds(explicit: float, suggestive: float, level: Level) -> None:
    assert decide(Scores(explicit, suggestive), Thresholds()).level is level


def test_thresholds_are_the_operators() -> None:
    strict, never = Thresholds(0.1, 0.2, 0.1), Thresholds(1.01, 1.01, 1.01)
    assert decide(Scores(0.2, 0.0), strict).level is Level.UNSAFE
    assert decide(Scores(1.0, 1.0), never).level is Level.SAFE


def test_a_verdict_names_score_and_threshold_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        verdict = check(sample("chelsea"), Certain(0.8))
        check(sample("chelsea"), Certain(0.1))
    assert verdict.reason == "explicit 0.800, from 0.75 unsure"
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "unsure by certain: explicit 0.800, from 0.75 unsure"),
        ("INFO", "safe by certain: explicit 0.100 below 0.75"),
    ]


def test_the_worse_of_photo_and_result_counts() -> None:
    levels = [decide(Scores(explicit, 0.0), Thresholds()) for explicit in (0.0, 0.8, 0.99)]
    safe, unsure, unsafe = levels
    assert (safe | unsure, unsure | safe) == (unsure, unsure)
    assert (unsafe | safe, unsure | unsafe) == (unsafe, unsafe)


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        pytest.param(100, 125, 0, id="nearly square"),
        pytest.param(300, 400, 2, id="4:3"),
        pytest.param(400, 300, 2, id="3:4"),
        pytest.param(500, 1000, 2, id="2:1"),
        pytest.param(400, 1001, 3, id="panorama"),
        pytest.param(16, 320, 20, id="strip"),
        pytest.param(3, 900, 24, id="thread"),
    ],
)
def test_a_long_picture_is_looked_at_along_its_whole_length(height: int, width: int, expected: int) -> None:
    brightening = np.linspace(0, 255, max(height, width)).astype(np.uint8)
    picture = np.broadcast_to(
        brightening[:, None, None] if height > width else brightening[:, None], (height, width, 3)
    )
    whole, *squares = looks(np.ascontiguousarray(picture))
    assert len(squares) == expected
    assert all(look.shape == (224, 224, 3) for look in (whole, *squares))
    for looks_in_turn in ([whole], squares):
        reached = 0
        for look in looks_in_turn:
            assert look.min() <= reached + 3
            reached = int(look.max())
        assert reached >= 252 or not looks_in_turn


def test_an_unknown_classifier_is_named() -> None:
    with pytest.raises(EngineUnavailable, match="KUOTU_SAFETY=oracle is not on this machine; run: kuotu pull --safety"):
        open_classifier("oracle")


def test_the_classifier_stays_small() -> None:
    assert (WEIGHTS / "nsfw.onnx").stat().st_size < 3_000_000


def test_what_is_revealing_counts_for_those_who_ask() -> None:
    assert decide(Scores(0.0, 0.95), Thresholds(suggestive=0.9)).level is Level.UNSURE
