"""The semantic surprise estimate: what it adds to the statistics, and what happens if it fails."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from inference.canvas import Margins
from inference.engine import EngineUnavailable, Pixels
from inference.registry import open_guess
from inference.surprise.semantic import LOOK, MeaningGuess, strangeness
from inference.surprise.statistics import Floats, Reason, measure, surprise

MARGINS = Margins(48, 32, 48, 32)
REASON = Reason({"strange": 10.0}, -6.0, 0.9)
GRASS, SKY, RABBIT = (40, 160, 40), (90, 140, 230), (250, 230, 240)


def by_colour(pictures: Sequence[Pixels]) -> Floats:
    """An encoder that maps a picture to its mean colour."""
    means = np.array([picture.mean((0, 1)) for picture in pictures], np.float32) - 128
    return means / np.linalg.norm(means, axis=1, keepdims=True)


def failing(_pictures: Sequence[Pixels]) -> Floats:
    raise RuntimeError("out of memory")


def meadow(*, sky: bool = False) -> Pixels:
    canvas = np.full((192, 288, 3), GRASS, np.uint8)
    if sky:
        canvas[:96] = SKY
    noise = np.random.default_rng(0).integers(0, 24, canvas.shape, np.uint8)
    return canvas + noise - 12


def photo_of(canvas: Pixels) -> Pixels:
    return canvas[32:-32, 48:-48]


def with_rabbit(canvas: Pixels) -> Pixels:
    found = canvas.copy()
    found[32:96, 4:44] = RABBIT
    return found


def strange_to(scene: Pixels, canvas: Pixels) -> float:
    """Return how strange a canvas is to the photo in the middle of a scene."""
    found = strangeness(photo_of(scene), canvas, MARGINS, by_colour)
    assert found is not None
    return found


def test_one_strange_thing_is_enough() -> None:
    canvas = meadow()
    assert strange_to(canvas, canvas) == pytest.approx(0, abs=0.05)
    assert strange_to(canvas, with_rabbit(canvas)) > 2


def test_a_photo_with_two_halves_may_go_on_with_both() -> None:
    plain, halves = meadow(), meadow(sky=True)
    flooded = plain.copy()
    flooded[:, :48] = SKY
    assert strange_to(halves, halves) < 0.3
    assert strange_to(plain, flooded) > 2


def test_the_reason_adds_to_those_of_the_statistics() -> None:
    canvas = with_rabbit(meadow())
    photo, guess = photo_of(canvas), MeaningGuess(by_colour, REASON)
    measures = guess.measures(photo, canvas, MARGINS)
    assert measures is not None
    alone = surprise(photo, canvas, MARGINS)
    assert guess(photo, canvas, MARGINS) == pytest.approx(1 - (1 - alone) * (1 - REASON.surprise(measures)), abs=2e-4)
    assert guess(photo, canvas, MARGINS) > alone + 0.05


def test_a_natural_border_is_hardly_more_surprising_than_before() -> None:
    canvas = meadow()
    photo = photo_of(canvas)
    assert MeaningGuess(by_colour, REASON)(photo, canvas, MARGINS) == pytest.approx(
        surprise(photo, canvas, MARGINS), abs=0.01
    )


def test_an_encoder_sees_the_photo_first_and_all_in_one_batch() -> None:
    canvas, batches = with_rabbit(meadow()), list[list[Pixels]]()

    def watched(pictures: Sequence[Pixels]) -> Floats:
        batches.append(list(pictures))
        return by_colour(pictures)

    strangeness(photo_of(canvas), canvas, MARGINS, watched)
    assert [len(batch) for batch in batches] == [17]
    assert {picture.shape for picture in batches[0]} == {(LOOK, LOOK, 3)}
    assert batches[0][0].mean((0, 1)) == pytest.approx(photo_of(canvas).mean((0, 1)), abs=1)


@pytest.mark.parametrize("margins", [Margins(2), Margins(0, 12, 0, 0)], ids=["hairline", "narrow"])
def test_where_nothing_can_be_seen_statistics_have_the_word(margins: Margins) -> None:
    canvas = meadow()
    photo = canvas[margins.top :, margins.left :]
    assert MeaningGuess(failing, REASON)(photo, canvas, margins) == surprise(photo, canvas, margins)


def test_when_it_fails_statistics_have_the_word_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    canvas = with_rabbit(meadow())
    photo = photo_of(canvas)
    assert MeaningGuess(failing, REASON)(photo, canvas, MARGINS) == surprise(photo, canvas, MARGINS) > 0
    assert "picture statistics alone guess" in caplog.text
    assert "RuntimeError: out of memory" in caplog.text


def test_by_default_there_are_statistics_alone() -> None:
    assert open_guess() is surprise
    measures = measure(photo_of(meadow()), meadow(), MARGINS)
    assert measures is not None
    assert measures.strange is None


def test_a_clip_that_is_not_here_names_the_command(tmp_path: object) -> None:
    with pytest.raises(EngineUnavailable, match=r"=org/name is not on this machine; run: kuotu pull --surprise$"):
        open_guess(f"org/name?cache={tmp_path}")
