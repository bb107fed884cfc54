"""The prompts that a model gets."""

from __future__ import annotations

import pytest

from inference.canvas import Margins
from inference.diffusion.presets import load_presets
from inference.diffusion.prompts import write
from inference.diffusion.surprises import Place, drawn, labels, words
from inference.engine import Style

SDXL, KLEIN = load_presets()["sdxl"], load_presets()["klein"]
ALL = Margins(10, 10, 10, 10)


def test_every_word_has_an_id_a_place_and_two_languages() -> None:
    rows = [word for style in words().values() for word in style]
    assert len({word.id for word in rows}) == len(rows)
    for word in rows:
        assert word.where
        assert set(word.labels) == {"en", "zh"}
    for style in (Style.PLAYFUL, Style.WILD):
        for place in Place:
            assert sum(place in word.where for word in words()[style]) >= 3


@pytest.mark.parametrize(
    ("style", "prompt", "count"),
    [
        (Style.FAITHFUL, "", 0),
        (Style.FAITHFUL, "a lake", 0),
        (Style.PLAYFUL, "", 1),
        (Style.PLAYFUL, "a lake", 0),
        (Style.WILD, "", 2),
        (Style.WILD, "a lake", 1),
    ],
)
def test_bolder_styles_draw_more_words_unless_somebody_wrote_some(style: Style, prompt: str, count: int) -> None:
    assert len(drawn(style, ALL, 7, prompt)) == count


@pytest.mark.parametrize(
    ("margins", "place", "where"),
    [
        (Margins(top=9), Place.ABOVE, " above"),
        (Margins(bottom=9), Place.BELOW, " in the foreground below"),
        (Margins(left=9), Place.BESIDE, " on the left"),
        (Margins(right=9), Place.BESIDE, " on the right"),
        (Margins(left=9, right=9), Place.BESIDE, " on both sides"),
    ],
)
@pytest.mark.parametrize("style", [Style.PLAYFUL, Style.WILD])
def test_words_belong_where_the_picture_grows(margins: Margins, place: Place, where: str, style: Style) -> None:
    for seed in range(40):
        found = drawn(style, margins, seed)
        assert all(at is place and place in word.where for word, at in found)
        assert len({word.id for word, _ in found}) == len(found)
        assert write(SDXL, style, margins, seed).prompt.endswith(where)


def test_a_seed_draws_the_same_words_and_seeds_together_draw_them_all() -> None:
    assert drawn(Style.WILD, ALL, 5) == drawn(Style.WILD, ALL, 5)
    found = {word.id for seed in range(400) for word, _ in drawn(Style.WILD, ALL, seed)}
    assert found == {word.id for word in words()[Style.WILD]}


@pytest.mark.parametrize(
    ("preset", "style", "prompt", "said"),
    [
        pytest.param(SDXL, Style.FAITHFUL, "", "high quality photo", id="neutral"),
        pytest.param(SDXL, Style.FAITHFUL, " 海边 ", "high quality photo, 海边", id="a person's words"),
        pytest.param(SDXL, Style.PLAYFUL, "a {lake}", "high quality photo, a {lake}", id="braces are only braces"),
        pytest.param(
            KLEIN,
            Style.FAITHFUL,
            "",
            "Fill the green spaces according to the image. Do not repeat the main subject.",
            id="an instruction",
        ),
    ],
)
def test_prompts(preset: object, style: Style, prompt: str, said: str) -> None:
    assert write(preset, style, ALL, 0, prompt).prompt == said  # type: ignore[arg-type]


def test_the_wild_style_negates_the_obvious_and_names_its_words() -> None:
    wording = write(SDXL, Style.WILD, ALL, 11)
    assert "ordinary" in wording.negative
    assert wording.words == tuple(word.id for word, _ in drawn(Style.WILD, ALL, 11))
    assert labels(wording.words, "zh") != labels(wording.words, "en")
    assert all(label in wording.prompt for label in labels(wording.words, "en"))
    assert labels(["gone", "rubber-duck"], "zh") == ["一只巨大的小黄鸭"]
