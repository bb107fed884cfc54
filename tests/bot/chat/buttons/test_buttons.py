"""Button data fits into 64 bytes for any id, is read back unchanged, and is refused if it is anything else."""

from __future__ import annotations

import itertools
from dataclasses import fields
from enum import StrEnum
from typing import Any, get_type_hints

import pytest
from telegram.constants import InlineKeyboardButtonLimit

from bot.chat.app import COMMANDS
from bot.chat.buttons.base import SEPARATOR, BadTap, Tap, unpack
from bot.chat.buttons.panel import PickRatio
from bot.chat.choice import RATIOS
from bot.chat.routes import TAPS
from bot.chat.telegram.menu import MENU
from bot.chat.texts import LANGUAGES
from inference.casting import LONGEST

LARGEST = 2**63 - 1  # the largest id of a database row or of Telegram
WORDS = {"ratio": max(RATIOS, key=len), "language": max([*LANGUAGES, "auto"], key=len), "engine": "m" * LONGEST}
OUT_THERE = (
    "ph di sc ra st go ro ca re va pv fu b1 b0 be af fs fe de dy dn pu py pn ti to t0 up gn gp gs mo mn "
    "sl sd ss sy sw sr fy fn gr gw rj ry rn zo aj ap ey ad wd tl gq og tx gk jo eg wk rs"
)
KINDS = [pytest.param(kind, id=kind.__name__) for kind in Tap.kinds.values()]


def values_of(kind: type[Tap], name: str) -> list[Any]:
    """Return the extreme values of a field: the largest number, every enumeration member, the longest word."""
    wanted = get_type_hints(kind)[name]
    if wanted is int:
        return [LARGEST]
    return list(wanted) if issubclass(wanted, StrEnum) else [WORDS[name]]


def taps(kind: type[Tap]) -> list[Tap]:
    choices = [values_of(kind, field.name) for field in fields(kind)]  # type: ignore[arg-type]
    return [kind(*choice) for choice in itertools.product(*choices)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_tap_is_read_back_as_it_was_packed(kind: type[Tap]) -> None:
    for tap in taps(kind):
        again = unpack(tap.pack())
        assert again == tap
        assert [type(getattr(again, field.name)) for field in fields(kind)] == [  # type: ignore[arg-type]
            get_type_hints(kind)[field.name]
            for field in fields(kind)  # type: ignore[arg-type]
        ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_largest_ids_fit_into_a_button(kind: type[Tap]) -> None:
    assert max(len(tap.pack().encode()) for tap in taps(kind)) <= InlineKeyboardButtonLimit.MAX_CALLBACK_DATA


def test_what_would_not_fit_is_not_packed() -> None:
    with pytest.raises(ValueError, match="buttons hold 64"):
        PickRatio(LARGEST, "1:" + "9" * 60).pack()


def test_every_tap_has_a_handler_and_every_handler_a_tap() -> None:
    assert set(TAPS) == set(Tap.kinds.values())


def test_every_command_of_the_menu_has_a_handler() -> None:
    assert set(MENU) <= set(COMMANDS)


def test_tags_are_two_letters_that_never_change() -> None:
    """Old messages contain these tags, and renaming one breaks their buttons, so this list only grows."""
    assert {tag for tag in Tap.kinds if len(tag) != 2 or SEPARATOR in tag} == set()
    assert set(OUT_THERE.split()) - set(Tap.kinds) == set()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("", id="empty"),
        pytest.param("zz|1|2", id="unknown-tag"),
        pytest.param("go", id="no-values"),
        pytest.param("go|1", id="too-few"),
        pytest.param("go|1|2|3", id="too-many"),
        pytest.param("go|one|2", id="not-a-number"),
        pytest.param("go||", id="empty-values"),
        pytest.param("go|1.5|2", id="a-fraction"),
        pytest.param("go|1|2 OR 1=1", id="sql"),
        pytest.param("di|1|sideways", id="no-such-direction"),
        pytest.param("st|1|FAITHFUL", id="capitals"),
        pytest.param("fe|1|💩", id="no-such-feeling"),
        pytest.param("|1|2", id="no-tag"),
        pytest.param("\0", id="control"),
        pytest.param("go|" + "9" * 5000 + "|1", id="a-very-long-number"),
        pytest.param(f"go|{2**63}|1", id="64-bits"),
        pytest.param(f"go|{-(2**63)}|1", id="64-bits-below"),
        pytest.param("go|١|1", id="other-digits"),
        pytest.param("go|1_0|1", id="underscore"),
        pytest.param("go| 1|1", id="space"),
        pytest.param("go|+1|1", id="plus"),
        pytest.param("ra|1|\ud800", id="surrogate"),
        pytest.param("ra|1|16:9\0", id="nul"),
    ],
)
def test_forged_data_is_refused(data: str) -> None:
    with pytest.raises(BadTap):
        unpack(data)
