"""docs/using.md and its Chinese version name every button, as the bot labels it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.chat.buttons.panel import Word
from bot.chat.signs import Sign
from bot.chat.texts import LANGUAGES, texts
from inference.engine import Style
from storage.gallery.listing import Order, Period
from storage.models import Judgement, Reason
from tests.support.sentences import CODE, sentences

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {"en": "using.md", "zh": "using.zh.md"}
INSERTED = [*Order, *Period, *Style, *Word, *Reason, *Judgement, *LANGUAGES, "auto"]
GAP = f"({'|'.join(INSERTED)})"  # what an f-string inserts


def labels_in(tree: ast.AST) -> Iterator[str]:
    """Yield patterns of the keys of all labels: the texts that are the first argument of a button."""
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args):
            continue
        if call.func.id not in ("button", "InlineKeyboardButton"):
            continue
        for said in ast.walk(call.args[0]):
            if isinstance(said, ast.Constant) and re.fullmatch(r"[a-z]\w*(\.\w+)*", str(said.value)):
                yield re.escape(str(said.value))
            elif isinstance(said, ast.JoinedStr):
                yield "".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else GAP for p in said.values)


def keys() -> set[str]:
    patterns = {p for path in (CODE / "chat").rglob("*.py") for p in labels_in(ast.parse(path.read_text("utf-8")))}
    return {key for key in sentences("en") for pattern in patterns if re.fullmatch(pattern, key)}


@pytest.mark.parametrize("language", PAGES)
def test_every_button_is_explained(language: str) -> None:
    page = (DOCS / PAGES[language]).read_text("utf-8")
    say = texts(language)
    values = dict.fromkeys(("order", "title", "what"), "…")
    labels = {say(key, **values) for key in keys()}
    assert len(labels) > 50
    assert sorted(label for label in labels if label.split("…")[0].strip() not in page) == []


@pytest.mark.parametrize("language", PAGES)
def test_every_sign_of_a_button_is_listed(language: str) -> None:
    page = (DOCS / PAGES[language]).read_text("utf-8")
    texts_only = {Sign.UNKNOWN, Sign.WARNING, Sign.INTACT, Sign.BROKEN, Sign.WAITING, Sign.LOOKING, Sign.PAINTING}
    texts_only |= {Sign.FINISHING, Sign.BELOW, Sign.CHANNELS, Sign.SETTINGS}
    assert [sign.name for sign in Sign if sign not in texts_only and sign not in page] == []


@pytest.mark.parametrize("language", PAGES)
def test_the_pictures_are_there_and_light(language: str) -> None:
    pictures = re.findall(r"\]\((using/[\w.]+)\)", (DOCS / PAGES[language]).read_text("utf-8"))
    assert len(pictures) >= 8
    assert [name for name in pictures if not (DOCS / name).stat().st_size < 100_000] == []
