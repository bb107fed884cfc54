"""All texts that people read, in their language, from the locale files."""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Protocol

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.chat.signs import Sign

LOCALES = Path(__file__).parent / "locales"
LANGUAGES = ("en", "zh")
DEFAULT = LANGUAGES[0]


class Texts(Protocol):
    """A language's texts. `say("panel.expand")` is plain text for buttons and toasts.

    `say.html(…)` escapes its values, for messages. A value named `count` selects the plural form, and `sign` names the
    signs in every text. An unknown key is returned as it is, which a test forbids.
    """

    language: str

    def __call__(self, key: str, /, **values: object) -> str: ...
    def html(self, key: str, /, **values: object) -> str: ...


class Catalog:
    """The texts of one language, read from its .po file."""

    def __init__(self, language: str) -> None:
        self.language = language
        with (LOCALES / f"{language}.po").open("rb") as file:
            catalog = read_po(file, locale=language)
        compiled = BytesIO()
        write_mo(compiled, catalog)
        compiled.seek(0)
        self._translations = gettext.GNUTranslations(compiled)

    def __call__(self, key: str, /, **values: object) -> str:
        count = values.get("count")
        plural = self._translations.ngettext(key, key, count) if isinstance(count, int) else key
        return (plural if plural != key else self._translations.gettext(key)).format(sign=Sign, **values)

    def html(self, key: str, /, **values: object) -> str:
        """Return the text as HTML, with its values escaped."""
        return self(key, **{name: escape(value) if isinstance(value, str) else value for name, value in values.items()})


@cache
def texts(language: str) -> Texts:
    """Return the texts in one of LANGUAGES."""
    return Catalog(language)


def best_language(wishes: Iterable[str | None]) -> str:
    """Return the first supported language among the wishes («zh-hans» is zh), or else English."""
    for wish in wishes:
        primary = (wish or "").partition("-")[0].lower()
        if primary in LANGUAGES:
            return primary
    return DEFAULT
