"""No sign stands for two things, and every sign that people see is in the list."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot.chat
from bot.chat.signs import Sign
from bot.chat.texts import LANGUAGES, LOCALES
from storage.models import Feeling
from tests.support.sentences import sentences

CHAT = Path(bot.chat.__file__).parent
VARIANT = "\ufe0f"  # the same sign in colour
DECORATIONS = {"👋", "🥇", "🥈", "🥉", *Feeling}  # a greeting, places and feelings mean themselves
THEIRS = "gallery/reactions.py"  # the reactions that Telegram has


def plain(sign: str) -> str:
    return sign.replace(VARIANT, "")


def symbols(text: str) -> set[str]:
    """Return the symbols and emoji of a text, without those that Chinese and mathematics use."""
    return {c for c in text if unicodedata.category(c) in ("So", "Sk") or c in "⋯‹▾⤢↗⇄"}


def test_no_sign_stands_for_two_things() -> None:
    signs = [plain(sign) for sign in Sign]
    assert sorted(signs) == sorted(set(signs))
    assert set(signs) & {plain(feeling) for feeling in Feeling} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_name_their_signs(language: str) -> None:
    text = (LOCALES / f"{language}.po").read_text("utf-8")
    assert symbols(text) <= DECORATIONS
    assert {name for name in re.findall(r"\{sign\.(\w+)\}", text) if name not in Sign.__members__} == set()


def test_both_languages_use_the_same_signs_in_the_same_text() -> None:
    used = {
        language: {key: set(re.findall(r"\{sign\.(\w+)\}", forms[-1])) for key, forms in sentences(language).items()}
        for language in LANGUAGES
    }
    assert used["en"] == used["zh"]


def test_every_sign_is_in_use() -> None:
    told = " ".join((LOCALES / "en.po").read_text("utf-8").split())
    code = " ".join(path.read_text("utf-8") for path in CHAT.rglob("*.py"))
    assert [sign.name for sign in Sign if f"{{sign.{sign.name}}}" not in told and f"Sign.{sign.name}" not in code] == []


def _strings(path: Path) -> Iterator[str]:
    """Yield the strings of a file, without its docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    loose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in loose:
            yield node.value


def test_the_code_takes_signs_from_the_list() -> None:
    ours = {plain(sign) for sign in Sign}
    files = [path for path in CHAT.rglob("*.py") if path.name != "signs.py" and not str(path).endswith(THEIRS)]
    written = {str(path.relative_to(CHAT)): symbols(text) & ours for path in files for text in _strings(path)}
    assert {path: found for path, found in written.items() if found} == {}
