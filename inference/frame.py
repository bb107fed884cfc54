"""Frames: what an engine process and its parent say to each other over a pipe.

A frame is a header and blobs: four bytes of length, big endian, a JSON object of that length, then the blobs, whose
lengths the object gives. Plain values only: a decoder that a hostile picture has taken over can send wrong pixels, but
nothing that runs in the parent.
"""

from __future__ import annotations

import json
from asyncio import StreamReader
from dataclasses import dataclass, field
from struct import Struct
from typing import Any, BinaryIO, Final

_LENGTH: Final = Struct(">I")


@dataclass(frozen=True)
class Frame:
    kind: str
    values: dict[str, Any] = field(default_factory=dict)
    blobs: tuple[bytes, ...] = ()

    def parts(self) -> list[bytes]:
        """The frame as bytes, in order; blobs are not copied."""
        header = json.dumps({"kind": self.kind, "values": self.values, "blobs": [len(blob) for blob in self.blobs]})
        encoded = header.encode()
        return [_LENGTH.pack(len(encoded)) + encoded, *self.blobs]


def read(pipe: BinaryIO) -> Frame:
    """The next frame of a blocking pipe. Raises EOFError when the other side is gone."""
    (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
    header = json.loads(_exactly(pipe, length))
    return Frame(header["kind"], header["values"], tuple(_exactly(pipe, size) for size in header["blobs"]))


async def receive(stream: StreamReader) -> Frame:
    """The next frame of a stream. Raises EOFError (IncompleteReadError) when the other side is gone."""
    (length,) = _LENGTH.unpack(await stream.readexactly(_LENGTH.size))
    header = json.loads(await stream.readexactly(length))
    return Frame(header["kind"], header["values"], tuple([await stream.readexactly(size) for size in header["blobs"]]))


def _exactly(pipe: BinaryIO, size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError("the other side of the pipe is gone")
    return data
