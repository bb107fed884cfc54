"""Frames on a pipe between two processes. A frame is a length, a JSON header, then blobs of bytes."""

from __future__ import annotations

import json
from asyncio import StreamReader
from dataclasses import dataclass, field
from struct import Struct
from typing import Any, BinaryIO, Final

_LENGTH: Final = Struct(">I")


@dataclass(frozen=True)
class Frame:
    """One message on the wire: its kind, JSON values, and bytes that JSON cannot hold."""

    kind: str
    values: dict[str, Any] = field(default_factory=dict)
    blobs: tuple[bytes, ...] = ()

    def parts(self) -> list[bytes]:
        """Return the frame as pieces of bytes, in order. Blobs are not copied."""
        header = json.dumps({"kind": self.kind, "values": self.values, "blobs": [len(blob) for blob in self.blobs]})
        encoded = header.encode()
        return [_LENGTH.pack(len(encoded)) + encoded, *self.blobs]


def read(pipe: BinaryIO) -> Frame:
    """Read the next frame from a blocking pipe. Raises EOFError when the other side has closed it."""
    (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
    header = json.loads(_exactly(pipe, length))
    return Frame(header["kind"], header["values"], tuple(_exactly(pipe, size) for size in header["blobs"]))


async def receive(stream: StreamReader) -> Frame:
    """Read the next frame from a stream. Raises EOFError (IncompleteReadError) when the other side has closed it."""
    (length,) = _LENGTH.unpack(await stream.readexactly(_LENGTH.size))
    header = json.loads(await stream.readexactly(length))
    return Frame(header["kind"], header["values"], tuple([await stream.readexactly(size) for size in header["blobs"]]))


def _exactly(pipe: BinaryIO, size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError("the other side of the pipe is gone")
    return data
