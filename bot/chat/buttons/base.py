"""A tap: the typed value of a button, packed into at most 64 bytes, so that a button works for ever."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, ClassVar, Self, get_type_hints

from telegram.constants import InlineKeyboardButtonLimit

SEPARATOR = "|"


class BadTap(ValueError):
    """Callback data that no button of this bot carries."""


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
        values = (getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]
        data = SEPARATOR.join([self.tag, *map(str, values)])
        if len(data.encode()) > InlineKeyboardButtonLimit.MAX_CALLBACK_DATA:
            raise ValueError(f"{self} packs to {len(data.encode())} bytes; buttons hold 64")
        return data

    @classmethod
    def read(cls, parts: list[str]) -> Self:
        """Parse the fields that follow the tag. Raises ValueError."""
        hints = get_type_hints(cls)
        names = [field.name for field in fields(cls)]  # type: ignore[arg-type]
        values: dict[str, Any] = {name: hints[name](part) for name, part in zip(names, parts, strict=True)}
        return cls(**values)


def unpack(data: str) -> Tap:
    """Return the tap that callback data encodes. Raises BadTap if it is forged or outdated."""
    tag, *parts = data.split(SEPARATOR)
    try:
        return Tap.kinds[tag].read(parts)
    except (KeyError, ValueError) as error:
        raise BadTap(f"{data!r} is not the data of any button") from error
