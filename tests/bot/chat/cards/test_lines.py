"""Lines that several captions share."""

from __future__ import annotations

import pytest

from bot.chat.cards.lines import guests_of
from bot.chat.texts import texts
from storage.models import Expansion

MOOSE, PANDA = "a moose by Ryan Hagerty", "a panda by Fernando Revilla"


@pytest.mark.parametrize(
    ("recipes", "said"),
    [
        pytest.param([{"credits": [MOOSE]}], MOOSE, id="one"),
        pytest.param([{"credits": [MOOSE, PANDA]}], f"{MOOSE} and {PANDA}", id="two"),
        pytest.param(
            [{"credits": [MOOSE]}, {"credits": [PANDA, MOOSE]}], f"{MOOSE} and {PANDA}", id="every step, once"
        ),
        pytest.param([{"credits": []}, {"key": "diffusion"}, None], "", id="nobody"),
    ],
)
def test_the_guests_of_every_step_are_credited(recipes: list[dict[str, object] | None], said: str) -> None:
    assert guests_of(texts("en"), [Expansion(recipe=recipe) for recipe in recipes]) == said
