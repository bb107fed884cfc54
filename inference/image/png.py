"""Reads the PNG chunks that define pixels and colours, so that other chunks cannot break the decoding.

Chunks with texts, times or thumbnails never reach the decoder, however large or damaged they are. Ancillary chunks that
affect pixels or colours are used only with a correct checksum (W3C, Portable Network Graphics, third edition, sections
5.3 and 13.2).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import pack, unpack
from typing import Final, NamedTuple

from inference.image.rgb_space import SRGB, RgbSpace, from_code_points, from_gamma

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MOST_PROFILE: Final = (
    4_000_000  # largest accepted ICC profile in bytes; the largest in use, for printing, have about two million
)
_PIXELS: Final = (b"IHDR", b"PLTE", b"IDAT")
_ONCE: Final = (b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP", b"cLLI", b"mDCV", b"eXIf", b"acTL")


class Chunk(NamedTuple):
    """One chunk of a PNG."""

    kind: bytes
    data: memoryview
    sound: bool  # whether the checksum is correct, or the chunk is critical


@dataclass
class Png:
    """The chunks of a PNG that define its pixels, colours and animation."""

    pixels: bytes  # a PNG that contains only the chunks that define the pixels
    chunks: dict[bytes, bytes] = field(default_factory=dict)  # the first sound ancillary chunk of each kind
    frames: int = 0  # number of animation frames

    @property
    def moves(self) -> bool:
        """Whether the file is an animation. A file that announces frames but has none is a still image."""
        control = self.chunks.get(b"acTL", b"")
        return len(control) == 8 and int.from_bytes(control[:4]) > 1 and self.frames > 1

    @property
    def exif(self) -> bytes:
        return self.chunks.get(b"eXIf", b"")

    @property
    def colours(self) -> bytes | RgbSpace | None:
        """The ICC profile or the colour space, by the precedence of section 4.3, or None when the PNG has neither."""
        if (space := self._code_points()) is not None:
            return space
        if (profile := self._profile()) is not None:
            return profile
        if b"sRGB" in self.chunks:
            return SRGB
        return self._gamma()

    def _code_points(self) -> RgbSpace | None:
        numbers = self.chunks.get(b"cICP", b"")
        return from_code_points(numbers[0], numbers[1], self._peak()) if len(numbers) == 4 and not numbers[2] else None

    def _peak(self) -> float | None:
        """Return the nits of the brightest pixel (cLLI) or of the mastering display (mDCV), or None."""
        light, display = self.chunks.get(b"cLLI", b""), self.chunks.get(b"mDCV", b"")
        if len(light) == 8 and (nits := int.from_bytes(light[:4]) / 10_000):
            return nits
        return int.from_bytes(display[16:20]) / 10_000 or None if len(display) == 24 else None

    def _profile(self) -> bytes | None:
        _, separator, packed = self.chunks.get(b"iCCP", b"").partition(b"\0")
        if not separator or packed[:1] != b"\0":
            return None
        unpacking = zlib.decompressobj()
        try:
            profile = unpacking.decompress(packed[1:], MOST_PROFILE)
        except zlib.error:
            return None
        # What follows the profile in its stream is padding.
        return profile[: int.from_bytes(profile[:4])] or None

    def _gamma(self) -> RgbSpace | None:
        gamma, places = self.chunks.get(b"gAMA", b""), self.chunks.get(b"cHRM", b"")
        if len(gamma) != 4 or not (value := int.from_bytes(gamma) / 100_000):
            return None
        if len(places) != 32:
            return from_gamma(value)
        white, red, green, blue = ((x / 100_000, y / 100_000) for x, y in _pairs(unpack(">8I", places)))
        return from_gamma(value, (red, green, blue, white))


def read(data: bytes) -> Png:
    """Read all chunks. It never raises; the decoder reports missing or damaged data."""
    png, header, begun = Png(b""), b"", False
    kept: list[bytes | memoryview] = [SIGNATURE]
    for chunk in _chunks(data):
        if not chunk.sound:
            continue
        if chunk.kind == b"fcTL":
            png.frames += 1
        if chunk.kind in _ONCE:
            png.chunks.setdefault(chunk.kind, bytes(chunk.data))
        if chunk.kind == b"IHDR" and not header:
            header = bytes(chunk.data)
        begun = begun or chunk.kind == b"IDAT"
        if chunk.kind in _PIXELS or (chunk.kind == b"tRNS" and not begun and _fits(chunk.data, header)):
            kept += _packed(chunk.kind, chunk.data)
    kept += _packed(b"IEND", memoryview(b""))
    png.pixels = b"".join(kept)
    return png


def _fits(transparency: memoryview, header: bytes) -> bool:
    """Return whether a tRNS chunk suits the header's colour type: one grey, one colour, or a palette's opacities."""
    lengths = {0: range(2, 3), 2: range(6, 7), 3: range(1, 257)}
    return len(header) > 9 and len(transparency) in lengths.get(header[9], ())


def _chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks up to IEND or the end of the file. The last one may be truncated.

    Critical chunks are sound whatever their checksum.
    """
    view, at = memoryview(data), len(SIGNATURE)
    while at + 8 <= len(view):
        length, kind = unpack(">I4s", view[at : at + 8])
        body, check = view[at + 8 : at + 8 + length], view[at + 8 + length : at + 12 + length]
        if kind == b"IEND":
            return
        yield Chunk(kind, body, kind in _PIXELS or int.from_bytes(check) == zlib.crc32(body, zlib.crc32(kind)))
        at += 12 + length


def _packed(kind: bytes, data: memoryview) -> list[bytes | memoryview]:
    return [pack(">I4s", len(data), kind), data, pack(">I", zlib.crc32(data, zlib.crc32(kind)))]


def _pairs(values: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    return zip(values[::2], values[1::2], strict=True)
