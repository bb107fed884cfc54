"""No text is missing or unused, and both languages have the same texts with the same placeholders."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import jinja2
import pytest
from jinja2 import nodes
from telegram.constants import CallbackQueryLimit

from bot.chat.telegram.menu import MENU
from bot.chat.texts import LANGUAGES, LOCALES, best_language, texts
from tests.support.sentences import CODE, catalog, forms, key_of, sentences

SPEAKERS = {"say", "whisper", "html", "toast", "reply"}
GAP = "[a-z_0-9]+"  # matches what an f-string inserts
SAME_FOR_ONE = {"review.open"}  # «1 to review»
TAGS = {"b", "i", "u", "s", "a", "code", "pre", "blockquote"}  # HTML tags that Telegram supports and texts may use


def values(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name and not name.startswith("sign.")}


def needs(key: str) -> set[str]:
    return {name for form in sentences("en")[key] for name in values(form)}


@dataclass(frozen=True)
class Spoken:
    """A place in the code that uses a text."""

    where: str
    how: str  # one of SPEAKERS
    pattern: str  # matches the keys that it may use
    given: frozenset[str]
    open_ended: bool  # **values

    @property
    def keys(self) -> set[str]:
        """Return the matching keys. If a pattern has a gap, only keys whose placeholders are all given match."""
        found = {key for key in sentences("en") if re.fullmatch(self.pattern, key)}
        return {key for key in found if needs(key) <= self.given} if GAP in self.pattern else found


def _spoken(path: Path) -> Iterator[Spoken]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and node.args and (how := _name(node.func)) in SPEAKERS:
            given = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
            open_ended = any(keyword.arg is None for keyword in node.keywords)
            for pattern in _patterns(node.args[0]):
                yield Spoken(f"{path.relative_to(CODE)}:{node.lineno}", how, pattern, given, open_ended)


def _name(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _patterns(key: ast.expr) -> Iterator[str]:
    match key:
        case ast.Constant(value=str(text)):
            yield re.escape(text)
        case ast.IfExp():
            yield from (*_patterns(key.body), *_patterns(key.orelse))
        case ast.JoinedStr():
            yield "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else GAP for part in key.values)


def _spoken_in_page(path: Path) -> Iterator[Spoken]:
    for node in jinja2.Environment().parse(path.read_text("utf-8")).find_all(nodes.Call):
        if isinstance(node.node, nodes.Name) and node.node.name in SPEAKERS:
            given = frozenset(keyword.key for keyword in node.kwargs)
            for pattern in _patterns_in_page(node.args[0]):
                yield Spoken(f"{path.relative_to(CODE)}:{node.lineno}", node.node.name, pattern, given, False)


def _patterns_in_page(key: nodes.Node | None) -> Iterator[str]:
    match key:
        case nodes.Const(value=str(text)):
            yield re.escape(text)
        case nodes.CondExpr(expr1=yes, expr2=no):
            yield from (*_patterns_in_page(yes), *_patterns_in_page(no))
        case nodes.Concat(nodes=parts):
            yield "".join(re.escape(part.value) if isinstance(part, nodes.Const) else GAP for part in parts)


SPOKEN = [spoken for path in sorted(CODE.rglob("*.py")) for spoken in _spoken(path)]
SPOKEN += [spoken for path in sorted(CODE.rglob("templates/*.html")) for spoken in _spoken_in_page(path)]


def _constants() -> set[str]:
    trees = [ast.parse(path.read_text("utf-8")) for path in CODE.rglob("*.py")]
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_key_in_the_code_has_a_sentence() -> None:
    assert len(SPOKEN) > 100  # the search has found the code
    assert [f"{spoken.where} {spoken.pattern}" for spoken in SPOKEN if not spoken.keys] == []


def test_every_place_gives_the_values_that_its_sentence_needs() -> None:
    lacking = [
        f"{spoken.where} {key} needs {needs(key) - spoken.given}"
        for spoken in SPOKEN
        for key in spoken.keys
        if not spoken.open_ended and not needs(key) <= spoken.given
    ]
    assert lacking == []


def test_no_sentence_is_left_over() -> None:
    said = {key for spoken in SPOKEN for key in spoken.keys}
    assert set(sentences("en")) - said - _constants() == set()


def test_both_languages_have_the_same_keys() -> None:
    assert set(sentences("en")) == set(sentences("zh"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_stands_twice(language: str) -> None:
    keys = re.findall(r'^msgid "(.+)"$', (LOCALES / f"{language}.po").read_text("utf-8"), re.MULTILINE)
    assert sorted(keys) == sorted(set(keys))


def test_both_languages_use_the_same_values() -> None:
    differing = {
        key
        for key in sentences("en")
        for english, chinese in [(sentences("en")[key][-1], sentences("zh")[key][-1])]
        if values(english) != values(chinese)
    }
    assert differing == set()


def test_nothing_is_empty_and_nothing_was_left_in_english() -> None:
    for language in LANGUAGES:
        assert [
            key for key, all_forms in sentences(language).items() if not all(form.strip() for form in all_forms)
        ] == []
    same = {key for key in sentences("en") if sentences("en")[key] == sentences("zh")[key]}
    prose = {key for key in same if re.search(r"[a-z]{3,} [a-z]{3,}", sentences("en")[key][0])}
    assert prose == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_have_every_form_of_their_language(language: str) -> None:
    plural = [message for message in catalog(language) if message.id and not isinstance(message.id, str)]
    assert plural
    assert {key_of(message) for message in plural if len(forms(message)) != catalog(language).num_plurals} == set()
    assert {key_of(message) for message in plural if "{count}" not in forms(message)[-1]} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_with_a_count_has_plural_forms_where_the_language_has_them(language: str) -> None:
    plural = {key_of(message) for message in catalog(language) if not isinstance(message.id, str)}
    counted = {key for key, all_forms in sentences(language).items() if "{count}" in all_forms[-1]}
    assert counted - plural - SAME_FOR_ONE == set()


@pytest.mark.parametrize(
    ("language", "count", "words"),
    [
        pytest.param("en", 1, "One ahead of you", id="en-one"),
        pytest.param("en", 2, "2 ahead of you", id="en-two"),
        pytest.param("zh", 1, "前面还有 1 个", id="zh-one"),
        pytest.param("zh", 2, "前面还有 2 个", id="zh-two"),
    ],
)
def test_counts_choose_the_form(language: str, count: int, words: str) -> None:
    assert words in texts(language)("status.ahead", count=count)


def test_titles_are_quoted_as_each_language_quotes() -> None:
    assert [texts(language)("post.title", title="Duck") for language in ("en", "zh")] == ["“Duck”", "《Duck》"]
    chinese = re.compile("[\u3001-\u303f\uff00-\uffef]")  # the punctuation
    assert [key for key, all_forms in sentences("en").items() if any(map(chinese.search, all_forms))] == []


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        assert tag in TAGS
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
def test_tags_are_telegrams_and_closed(language: str) -> None:
    for key, all_forms in sentences(language).items():
        for form in all_forms:
            parser = _Tags()
            parser.feed(form)
            assert parser.open == [], key


@pytest.mark.parametrize("language", LANGUAGES)
def test_toasts_are_plain_and_short(language: str) -> None:
    keys = {key for spoken in SPOKEN if spoken.how == "toast" for key in spoken.keys}
    shown = [form.replace("{", "").replace("}", "") for key in keys for form in sentences(language)[key]]
    assert [
        toast for toast in shown if "<" in toast or len(toast) > CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_of_the_menu_is_in_the_help(language: str) -> None:
    told = texts(language)("help", film="")
    assert [name for name in MENU if name not in ("start", "help") and f"/{name}" not in told] == []


def test_values_are_escaped_in_messages_and_left_alone_in_buttons() -> None:
    say = texts("en")
    assert "Hi &lt;b&gt;Tom &amp; Co&lt;/b&gt;!" in say.html("welcome", name="<b>Tom & Co</b>")
    assert "Hi <b>Tom & Co</b>!" in say("welcome", name="<b>Tom & Co</b>")


def test_braces_of_a_person_are_no_placeholders() -> None:
    assert "Hi {quota}!" in texts("en").html("welcome", name="{quota}")


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        pytest.param(["zh-hans"], "zh", id="script"),
        pytest.param(["ZH"], "zh", id="capitals"),
        pytest.param([None, "zh-TW"], "zh", id="second-wish"),
        pytest.param(["de", "fr"], "en", id="none-that-we-speak"),
        pytest.param(["en-GB", "zh"], "en", id="first-wins"),
        pytest.param([], "en", id="no-wish"),
    ],
)
def test_the_first_wish_that_we_speak_is_taken(wishes: list[str | None], language: str) -> None:
    assert best_language(wishes) == language
