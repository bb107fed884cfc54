"""The positions of the steps of a chain in its last picture, including steps that only double the size."""

from __future__ import annotations

import pytest

from bot.chain import growth, painted_before
from inference.canvas import Box, Margins
from storage.models import Expansion

OUT, DOWN = Margins(10, 20, 30, 40), Margins(0, 0, 0, 5)


def step(margins: Margins | None) -> Expansion:
    """Return a step. Margins of None double the picture."""
    sides = margins or Margins()
    return Expansion(
        left=sides.left, top=sides.top, right=sides.right, bottom=sides.bottom, doubles=margins is None, seed=0
    )


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        pytest.param([OUT, DOWN], [OUT, DOWN], id="none-doubled"),
        pytest.param([OUT, None], [Margins(20, 40, 60, 80)], id="doubled-at-the-end"),
        pytest.param([OUT, None, DOWN], [Margins(20, 40, 60, 80), DOWN], id="doubled-in-between"),
        pytest.param([OUT, None, DOWN, None], [Margins(40, 80, 120, 160), Margins(0, 0, 0, 10)], id="doubled-twice"),
        pytest.param([None], [], id="what-it-doubled-was-deleted"),
    ],
)
def test_what_is_doubled_makes_the_steps_before_it_larger(chain: list[Margins | None], expected: list[Margins]) -> None:
    assert [grown.margins for grown in growth([step(margins) for margins in chain])] == expected


def test_what_steps_have_painted_is_found_in_the_last_photo() -> None:
    first, second, third = (step(margins) for margins in (OUT, None, DOWN))
    first.recipe, third.recipe = {"boxes": [[0, 1, 2, 3]]}, {"boxes": [[9, 9, 9, 9]]}
    assert painted_before([first]) == ()
    assert painted_before([first, second]) == (Box(0, 1, 2, 3),)
    assert painted_before([first, second, third]) == (Box(0, 2, 4, 6),)
    again = step(OUT)
    again.recipe = {"key": "another engine"}
    assert painted_before([again, first, again, step(DOWN)]) == (Box(10, 21, 12, 23),)
