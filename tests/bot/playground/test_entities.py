"""HTML becomes message entities, and plain text is searched for them. Offsets are UTF-16 code units."""

from __future__ import annotations

from typing import Any

import pytest

from bot.playground.entities import detected, formatted, length, piece
from bot.playground.refusals import Refusal

HTML: dict[str, tuple[str, str, list[tuple[str, str]]]] = {
    "plain": ("a &lt; b &amp; c", "a < b & c", []),
    "bold": ("<b>扩图</b> it", "扩图 it", [("bold", "扩图")]),
    "nested": ("<b>a <i>b</i></b>", "a b", [("bold", "a b"), ("italic", "b")]),
    "after emoji": ("🤯 <code>x</code>", "🤯 x", [("code", "x")]),
    "spoiler": (
        '<tg-spoiler>a</tg-spoiler><span class="tg-spoiler">b</span>',
        "ab",
        [("spoiler", "a"), ("spoiler", "b")],
    ),
    "link": ('<a href="https://e.org/?a=1&amp;b">here</a>', "here", [("text_link", "here")]),
    "trimmed": ("  <b> x </b>\n", "x", [("bold", "x")]),
    "quote": ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", "q")]),
    "less than": ("1 < 2", "1 < 2", []),
}


@pytest.mark.parametrize(("markup", "plain", "parts"), HTML.values(), ids=HTML.keys())
def test_html_becomes_text_and_entities(markup: str, plain: str, parts: list[tuple[str, str]]) -> None:
    text, found = formatted(markup, "HTML", None)
    assert (text, [(entity["type"], piece(text, entity)) for entity in found]) == (plain, parts)


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<b>x", 'end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'expected "</b>", found "</i>"'),
        ("<table>", 'Unsupported start tag "table" at byte offset 0'),
    ],
)
def test_broken_html_is_refused(markup: str, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        formatted(markup, "HTML", None)


FOUND: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "command": ("/start now", [("bot_command", "/start")]),
    "command for a bot": ("go /help@kuotu_bot", [("bot_command", "/help@kuotu_bot")]),
    "no command": ("and/or 1/2 /", []),
    "mention": ("hi @kuotu_bot, a@b.org", [("mention", "@kuotu_bot")]),
    "link": ("see https://e.org/a?b=c.", [("url", "https://e.org/a?b=c")]),
    "link in Chinese": ("看https://e.org/a，好", [("url", "https://e.org/a")]),
    "hashtag": ("#扩图 #1", [("hashtag", "#扩图")]),
    "deep link": ("t.me/kuotu_bot?start=p1", [("url", "t.me/kuotu_bot?start=p1")]),
}


@pytest.mark.parametrize(("text", "parts"), FOUND.values(), ids=FOUND.keys())
def test_commands_mentions_links_and_hashtags_are_found(text: str, parts: list[tuple[str, str]]) -> None:
    assert [(entity["type"], piece(text, entity)) for entity in detected(text)] == parts


def test_length_counts_utf16_units() -> None:
    assert [length(text) for text in ("a", "é", "扩", "🤯")] == [1, 1, 1, 2]


def test_given_entities_win_over_parse_mode() -> None:
    given: list[dict[str, Any]] = [{"type": "bold", "offset": 0, "length": 3}]
    assert formatted("<b>", "HTML", given) == ("<b>", given)
