"""Launch data is accepted only if Telegram has signed it."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from bot.chat.titles import LONGEST_NAME, NAMELESS, clean_name
from bot.web.init_data import AHEAD, LIFETIME, NotSigned, verify
from tests.support.launch import MEI, NOW, TOKEN, signed
from tests.support.playground import site


def test_who_opened_it_is_known() -> None:
    from aiogram.utils.web_app import check_webapp_signature  # takes ten seconds of CPU time to import

    data = signed()
    assert check_webapp_signature(TOKEN, data)  # another implementation agrees that it is signed
    visitor = verify(data, TOKEN, NOW)
    assert (visitor.id, visitor.name, visitor.language_code) == (3, "小梅 🐱 & <b> Li", "zh-hans")


def flip(data: str) -> str:
    return data[:-1] + ("0" if data[-1] != "0" else "1")


FORGED = {
    "nothing": "",
    "no-hash": urlencode({"auth_date": str(int(NOW)), "user": json.dumps(MEI)}),
    "empty-hash": urlencode({"auth_date": str(int(NOW)), "user": json.dumps(MEI), "hash": ""}),
    "one-digit": flip(signed()),
    "another-bot": signed("7000000002:AAH-of-another"),
    "another-person": signed().replace("%22id%22%3A+3", "%22id%22%3A+4"),
    "another-time": signed().replace(str(int(NOW)), str(int(NOW) + 1)),
    "a-field-more": signed() + "&extra=1",
    "a-field-twice": signed() + "&user=%7B%7D",
    "hash-in-capitals": signed()[:-64] + signed()[-64:].upper(),
    "not-ascii": signed() + "é",
    "surrogates": signed() + "\udc80",
    "too-long": signed(start_param="x" * 5000),
}
SENSELESS = {
    "no-person": {"user": ""},
    "no-json": {"user": "{"},
    "deep-json": {"user": "[" * 2000},
    "a-list": {"user": "[1]"},
    "no-id": {"user": '{"first_name": "X"}'},
    "id-is-text": {"user": '{"id": "3", "first_name": "X"}'},
    "id-is-true": {"user": '{"id": true, "first_name": "X"}'},
    "id-is-huge": {"user": '{"id": 99999999999999999999, "first_name": "X"}'},
    "id-is-negative": {"user": '{"id": -3, "first_name": "X"}'},
    "a-bot": {"user": '{"id": 3, "first_name": "X", "is_bot": true}'},
    "no-time": {"auth_date": ""},
    "time-is-words": {"auth_date": "now"},
    "time-is-huge": {"auth_date": "9" * 30},
    "time-in-other-digits": {"auth_date": "١٨٠٠٠٠٠٠٠٠"},
}


@pytest.mark.parametrize("data", FORGED.values(), ids=FORGED.keys())
def test_what_is_forged_is_nobody(data: str) -> None:
    with pytest.raises(NotSigned):
        verify(data, TOKEN, NOW)


@pytest.mark.parametrize("changes", SENSELESS.values(), ids=SENSELESS.keys())
def test_what_makes_no_sense_is_nobody_even_when_signed(changes: dict[str, str]) -> None:
    with pytest.raises(NotSigned):
        verify(signed(**changes), TOKEN, NOW)


@pytest.mark.parametrize(
    ("age", "good"),
    [(0, True), (LIFETIME, True), (LIFETIME + 1, False), (-AHEAD, True), (-AHEAD - 1, False)],
    ids=["now", "a-day", "over-a-day", "clock-ahead", "future"],
)
def test_a_launch_expires(age: int, good: bool) -> None:
    data = signed(auth_date=str(int(NOW) - age))
    if good:
        assert verify(data, TOKEN, NOW).id == 3
    else:
        with pytest.raises(NotSigned, match="expired"):
            verify(data, TOKEN, NOW)


@pytest.mark.parametrize(
    ("first", "name"),
    [
        pytest.param("\ud800 " + "x" * 1000, "x" * LONGEST_NAME, id="surrogate-and-long"),
        pytest.param("Ann\n\n\u202e🏆 100 000 😱", "Ann 🏆 100 000 😱", id="lines-and-direction"),
        pytest.param("\u200b\0", NAMELESS, id="invisible"),
    ],
)
def test_a_name_is_cleaned_like_one_from_a_chat(first: str, name: str) -> None:
    visitor = verify(signed(user=json.dumps({"id": 3, "first_name": first, "language_code": "\ud800"})), TOKEN, NOW)
    assert visitor.name == name == clean_name(first)
    assert visitor.language_code == "?"


async def test_what_the_playground_signs_is_believed(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        address = await (await place.person(3)).open_mini_app("https://kuotu.example/gallery")
        (data,) = parse_qs(urlsplit(address).fragment)["tgWebAppData"]
        visitor = verify(data, place.playground.token, place.clock())
        assert (visitor.id, visitor.name, visitor.language_code) == (3, "小梅", "zh-hans")
