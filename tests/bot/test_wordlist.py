"""Titles cannot contain refused words, even disguised ones, but may contain innocent words that include them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.chat.texts import LANGUAGES, texts
from bot.chat.titles import suggestions
from bot.wordlist import LISTS, WordList, plain, read_words

WORDS = WordList(frozenset({"ass", "bad word", "坏话"}))


@pytest.mark.parametrize(
    ("title", "found"),
    [
        pytest.param("an ass!", True, id="a-word"),
        pytest.param("ASS", True, id="capitals"),
        pytest.param("âss", True, id="accent"),
        pytest.param("ａｓｓ", True, id="full-width"),
        pytest.param("a\u202es\u200bs", True, id="invisible-inside"),
        pytest.param("a.s.s", True, id="with-dots"),
        pytest.param("bad, word", True, id="a-phrase"),
        pytest.param("一句坏 话!", True, id="chinese"),
        pytest.param("classic assets", False, id="inside-a-word"),
        pytest.param("a s", False, id="not-all-of-it"),
        pytest.param("bad words", False, id="another-phrase"),
        pytest.param("👨‍👩‍👧 😀", False, id="emoji"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_what_a_list_finds(title: str, found: bool) -> None:
    assert (title in WORDS) is found


def test_plain_words_are_one_line_without_signs() -> None:
    assert plain("  Ｈéllo,\u202e Wörld\u0301!! 👋 ") == "hello world"


def test_the_lists_that_ship_and_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_text("# a remark\nturnip\n\n", "utf-8")
    shipped, words = read_words(), read_words(own)
    assert words.words == shipped.words | {"turnip"}
    assert {path.stem for path in LISTS.glob("*.txt")} == set(LANGUAGES)
    assert "" not in words.words


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_titles_are_allowed(language: str) -> None:
    words = read_words()
    offered = {title for number in range(200) for title in suggestions(texts(language), number).values()}
    assert not [title for title in offered if title in words]


def test_ten_thousand_characters_are_read_in_time() -> None:
    assert "x " * 5_000 not in WORDS
    assert "x " * 5_000 + "ass" in WORDS
