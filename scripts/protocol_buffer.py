"""Reads and writes protocol buffers field by field, without a description of the messages.

Fields that nobody asks for pass through as they are (https://protobuf.dev/programming-guides/encoding).
"""

from __future__ import annotations

from typing import Final, NamedTuple

VARINT, EIGHT_BYTES, BYTES, FOUR_BYTES = 0, 1, 2, 5  # the wire types
_WIDTH: Final = {EIGHT_BYTES: 8, FOUR_BYTES: 4}


class Part(NamedTuple):
    """One field of a message: an int of the type VARINT, bytes of any other."""

    number: int
    type: int
    value: int | bytes


def decoded(data: bytes) -> list[Part]:
    """Return the fields of a message in their order. Raises ValueError when it is none."""
    parts, at = [], 0
    while at < len(data):
        key, at = _varint(data, at)
        value: int | bytes
        if key & 7 == VARINT:
            value, at = _varint(data, at)
        elif key & 7 == BYTES or key & 7 in _WIDTH:
            length, at = _varint(data, at) if key & 7 == BYTES else (_WIDTH[key & 7], at)
            value, at = data[at : at + length], at + length
        else:
            raise ValueError(f"the wire type {key & 7} of field {key >> 3} is unknown")
        parts.append(Part(key >> 3, key & 7, value))
    return parts


def encoded(parts: list[Part]) -> bytes:
    """Return the message of these fields."""
    data = bytearray()
    for number, type_, value in parts:
        data += _written(number << 3 | type_)
        if isinstance(value, int):
            data += _written(value)
        else:
            data += (_written(len(value)) if type_ == BYTES else b"") + value
    return bytes(data)


def texts(parts: list[Part], number: int) -> list[str]:
    """Return the texts of all fields of a number."""
    return [part.value.decode() for part in parts if part.number == number and isinstance(part.value, bytes)]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at a position, seven bits per byte and the lowest first, and the position after it."""
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        if data[at] < 128:
            return value, at + 1
        at, shift = at + 1, shift + 7


def _written(value: int) -> bytes:
    data = bytearray()
    while value > 127:
        data.append(value & 127 | 128)
        value >>= 7
    return bytes([*data, value])
