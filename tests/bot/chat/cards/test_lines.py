"""Lines that several captions share."""

from __future__ import annotations

import pytest

from bot.chat.cards.lines import guests_of
from bot.chat.texts import LANGUAGES, texts
from inference.beings.credits import shipped
from storage.models import Expansion

MOOSE, PANDA = "a moose by Ryan Hagerty", "a panda by Fernando Revilla"  # the second one ships no more


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


def test_guests_have_their_names_in_the_readers_language_and_old_ones_keep_theirs() -> None:
    chain = [Expansion(recipe={"credits": [MOOSE, PANDA]})]
    assert guests_of(texts("zh"), chain) == f"驼鹿（图：Ryan Hagerty）和{PANDA}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_guest_has_a_name_in_every_language(language: str) -> None:
    assert [file for file, credit in shipped().items() if not credit.names.get(language)] == []
