"""An order to an engine process and its outcome, as values here and as frames on the way."""

from __future__ import annotations

import json
import logging
from asyncio import StreamReader
from dataclasses import astuple, dataclass, field
from struct import Struct
from typing import Any, BinaryIO, Final

from inference.canvas import Extent, Margins
from inference.engine import EngineError, Recipe, Style
from inference.image.refusal import BadPhoto, Reason
from inference.safety.verdict import Level

_LENGTH: Final = Struct(">I")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """One expansion, before decoding; `photo` is a file's bytes: as sent, or a master.

    With `doubles` the photo is enlarged to twice its size instead, and the engine is not asked.
    """

    photo: bytes
    margins: Margins = field(default_factory=Margins)
    style: Style = Style.FAITHFUL
    seed: int = 0  # 0 to 2**31 - 1
    prompt: str = ""
    beside: tuple[int, ...] = ()  # seeds of the variants of the same start that still wait
    doubles: bool = False


@dataclass(frozen=True)
class Outcome:
    """What an order gave, encoded."""

    master: bytes  # PNG
    preview: bytes  # JPEG for chats
    thumb: bytes  # JPEG, 640 px
    extent: Extent
    seconds: float  # from decoding to encoding, in the engine process
    seed: int  # the order's, or one derived from it that gave a picture without a problem
    verdict: Level  # of photo and result, whichever is worse
    reason: str  # of the verdict, for the log
    surprise: float | None  # the machine's guess, 0 to 1; none of what was doubled
    recipe: Recipe


def order_frame(number: int, order: Order) -> Frame:
    """What a child is told to carry out an order."""
    choices: dict[str, Any] = {"margins": astuple(order.margins), "style": order.style}
    choices |= {"seed": order.seed, "prompt": order.prompt, "beside": order.beside, "doubles": order.doubles}
    return Frame("expand", {"number": number, **choices}, (order.photo,))


def outcome_of(frame: Frame) -> Outcome:
    """What a child says at the end of an order. Raises BadPhoto or EngineError."""
    values = frame.values
    if frame.kind == "done":
        master, preview, thumb = frame.blobs
        said = {name: values[name] for name in ("seconds", "seed", "reason", "surprise", "recipe")}
        extent, level = Extent(*values["extent"]), Level(values["verdict"])
        _log.info("seed %d, %s: %s", values["seed"], level, values["reason"])
        return Outcome(master, preview, thumb, extent, verdict=level, **said)
    if frame.kind == "bad":
        raise BadPhoto(Reason(values["reason"]), values["found"], values["limit"])
    log_traceback(frame)
    raise EngineError(values["text"])


def log_traceback(frame: Frame) -> None:
    """Tell the operator where in the child an error came from, when the frame says so."""
    if traceback := frame.values.get("traceback"):
        _log.error("in the engine process:\n%s", traceback)


@dataclass(frozen=True)
class EngineInfo:
    name: str
    model: str
    reads_words: bool
    devices: int = 1  # how many such processes this machine can run at once


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
