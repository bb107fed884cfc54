"""A tap: the typed value of a button, packed into at most 64 bytes, so that a button works for ever."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self, get_type_hints

from telegram.constants import InlineKeyboardButtonLimit

SEPARATOR = "|"
LARGEST = 2**63 - 1  # of a database column


class BadTap(ValueError):
    """Callback data that no button of this bot carries."""


@dataclass(frozen=True)
class Tap:
    """The base of all buttons. Subclasses are frozen dataclasses of integers, strings and StrEnums."""

    tag: ClassVar[str]
    kinds: ClassVar[dict[str, type[Tap]]] = {}

    def __init_subclass__(cls, *, tag: str) -> None:
        if tag in Tap.kinds:
            raise TypeError(f"button tag {tag!r} is taken by {Tap.kinds[tag].__name__}")
        cls.tag = tag
        Tap.kinds[tag] = cls

    def pack(self) -> str:
        """Return the callback data. Raises ValueError above 64 bytes."""
        values = (getattr(self, field.name) for field in fields(self))
        data = SEPARATOR.join([self.tag, *map(str, values)])
        if len(data.encode()) > InlineKeyboardButtonLimit.MAX_CALLBACK_DATA:
            raise ValueError(f"{self} packs to {len(data.encode())} bytes; buttons hold 64")
        return data

    @classmethod
    def read(cls, parts: list[str]) -> Self:
        """Parse the fields that follow the tag. Raises ValueError."""
        hints = get_type_hints(cls)
        names = [field.name for field in fields(cls)]
        kinds = (_number if hints[name] is int else hints[name] for name in names)
        values: dict[str, Any] = {name: kind(part) for name, kind, part in zip(names, kinds, parts, strict=True)}
        return cls(**values)


def _number(text: str) -> int:
    """Return a number as `pack` writes it. Raises ValueError, also beyond the 63 bits that a database can hold."""
    number = int(text) if len(text) < 20 else LARGEST + 1
    if str(number) != text or abs(number) > LARGEST:
        raise ValueError(f"{text!r} is no number of a button")
    return number


def unpack(data: str) -> Tap:
    """Return the tap that callback data encodes. Raises BadTap if it is forged or outdated."""
    tag, *parts = data.split(SEPARATOR)
    try:
        if not all(part.isprintable() for part in parts):  # no database can store a surrogate or a NUL
            raise ValueError("it contains characters that are not text")
        return Tap.kinds[tag].read(parts)
    except (KeyError, ValueError) as error:
        raise BadTap(f"{data!r} is not the data of any button") from error
