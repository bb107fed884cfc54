"""Reads the settings from the environment and `.env`, and explains errors in them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from bot.errors import BadSettings
from bot.settings import Settings

PREFIX: Final = "KUOTU_"
FIELDS: Final = {f"{PREFIX}{name.upper()}": name for name in Settings.model_fields}  # variable -> field
ALIKE: Final = 0.7  # least difflib ratio of a misspelling: PRUT means PORT, but SERVICE_HOST does not mean HOST


@dataclass(frozen=True)
class Stranger:
    """A KUOTU_* variable that is not a setting, and the settings that were probably meant, if any."""

    name: str
    meant: tuple[str, ...]

    def __str__(self) -> str:
        remedy = f"did you mean {' or '.join(self.meant)}?" if self.meant else "the README lists them"
        return f"{self.name} is no setting of Kuotu; {remedy}"


def read_settings(folder: Path = Path()) -> Settings:
    """Read the settings from the environment, then from `.env` in a folder. Raises BadSettings."""
    noted = _noted(folder)
    fields: dict[str, Any] = {
        FIELDS[name]: text for name, text in noted.items() if name in FIELDS and not os.environ.get(name)
    }
    try:
        return Settings(**fields)
    except ValidationError as error:
        raise BadSettings(complaint(error)) from None


def strangers(folder: Path = Path()) -> list[Stranger]:
    """Return the variables that begin with KUOTU_ but are not settings. Raises BadSettings."""
    names = {name for name in (*os.environ, *_noted(folder)) if name.startswith(PREFIX)}
    return [Stranger(name, _alike(name.removeprefix(PREFIX))) for name in sorted(names - FIELDS.keys())]


def complaint(error: ValidationError) -> str:
    """Return one line for each invalid setting. No line shows a secret."""
    return "\n".join(_line(problem) for problem in error.errors())


def _noted(folder: Path) -> dict[str, str]:
    """Return the variables that `.env` sets. An empty value counts as unset."""
    path = folder / ".env"
    try:
        values = dotenv_values(path) if path.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path.absolute()} cannot be read ({error})") from None
    return {name: text for name, text in values.items() if text}


def _alike(word: str) -> tuple[str, ...]:
    """Return settings with a similar name or that contain the word: TOKEN may mean TELEGRAM_TOKEN or HUB_TOKEN."""
    words = [name.removeprefix(PREFIX) for name in FIELDS]
    near = {*get_close_matches(word, words, n=1, cutoff=ALIKE), *(other for other in words if word in other.split("_"))}
    return tuple(f"{PREFIX}{other}" for other in words if other in near)[:3]


def _line(problem: ErrorDetails) -> str:
    if not problem["loc"]:  # two settings contradict each other, and the message names both
        return _plain(problem)
    field = str(problem["loc"][0])
    secret = Settings.model_fields[field].annotation is SecretStr
    value = "" if secret else f"={problem['input']!r}"
    return f"{PREFIX}{field.upper()}{value}: {_plain(problem)}"


def _plain(problem: ErrorDetails) -> str:
    context = problem.get("ctx", {})
    match problem["type"]:
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return "use a whole number"
        case "float_parsing" | "float_type" | "finite_number":
            return "use a number"
        case "bool_parsing" | "bool_type":
            return "use true or false"
        case "less_than_equal":
            return f"use at most {context['le']:g}"
        case "greater_than_equal":
            return f"use at least {context['ge']:g}"
        case "greater_than":
            return f"use more than {context['gt']:g}"
        case "enum" | "literal_error":
            return _one_of(str(problem["input"]), context["expected"])
        case _:
            return problem["msg"].removeprefix("Value error, ")


def _one_of(value: str, expected: str) -> str:
    """Return a message that lists the allowed values. `expected` is pydantic's list, such as "'text' or 'json'"."""
    choices = expected.replace("'", "")
    near = get_close_matches(value.lower(), choices.replace(" or ", ", ").split(", "), n=1, cutoff=ALIKE)
    return f"use {choices}" + (f"; did you mean {near[0]}?" if near else "")
