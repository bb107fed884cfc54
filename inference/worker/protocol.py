"""The messages between the program and an engine process, and the codec that both sides use.

The program sends `Expand` and `Cancel`. The engine process sends `Ready` or `Unavailable` once; then, for each order,
`Progress` messages and one of `Outcome`, `Refused`, `Failed` and `Left`. `LogLine` may come at any time.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from typing import Final, TypeAlias

from inference.canvas import Extent, Margins
from inference.engine import Recipe, Style
from inference.image.refusal import Reason
from inference.safety.verdict import Level
from inference.worker.frame import Frame


@dataclass(frozen=True)
class Order:
    """One expansion whose photo is still encoded: a file as it was sent, or a master.

    With `doubles` the photo is enlarged to twice its size instead, and the engine is not asked.
    """

    photo: bytes
    margins: Margins = field(default_factory=Margins)
    style: Style = Style.FAITHFUL
    seed: int = 0  # 0 to 2**31 - 1
    prompt: str = ""
    beside: tuple[int, ...] = ()  # seeds of sibling variants that are still waiting
    doubles: bool = False


@dataclass(frozen=True)
class Outcome:
    """The encoded result of an order."""

    master: bytes  # PNG
    preview: bytes  # JPEG for chats
    thumb: bytes  # JPEG, 640 px
    extent: Extent
    seconds: float  # from decoding to encoding, in the engine process
    seed: int  # the order's, or one derived from it that gave a picture without a problem
    verdict: Level  # of photo and result, whichever is worse
    reason: str  # of the verdict, for the log
    surprise: float | None  # the machine's guess, 0 to 1; None for a doubled photo
    recipe: Recipe


@dataclass(frozen=True)
class EngineInfo:
    """What an engine process says about its engine when it is ready for orders."""

    name: str
    model: str
    reads_words: bool
    devices: int = 1  # how many such processes this machine can run at once


@dataclass(frozen=True)
class Expand:
    """Carry out an order. Numbers rise by one, so that a `Cancel` can name its order."""

    number: int
    order: Order


@dataclass(frozen=True)
class Cancel:
    """Leave the order with this number."""

    number: int


@dataclass(frozen=True)
class Unavailable:
    """The engine cannot be opened; the process ends. `traceback` is empty when `text` says everything."""

    text: str
    traceback: str = ""


@dataclass(frozen=True)
class LogLine:
    """A line that the engine process logged, for the program's own log."""

    name: str  # of the logger
    level: int
    text: str


@dataclass(frozen=True)
class Progress:
    """How much of the order is done, 0 to 1."""

    fraction: float


@dataclass(frozen=True)
class Refused:
    """The order's file is not a photo: the parts of a `BadPhoto`."""

    reason: Reason
    found: str
    limit: str


@dataclass(frozen=True)
class Failed:
    """The order failed. After `exhausted` memory the process should be replaced."""

    text: str
    traceback: str
    exhausted: bool = False


@dataclass(frozen=True)
class Left:
    """The engine has left a cancelled order."""


Message: TypeAlias = Expand | Cancel | EngineInfo | Unavailable | LogLine | Progress | Outcome | Refused | Failed | Left

_FLAT: Final = {kind.__name__: kind for kind in (Cancel, EngineInfo, Unavailable, LogLine, Progress, Failed, Left)}
"""Messages whose fields are JSON values."""


def encode(message: Message) -> Frame:
    """Return the frame that carries a message."""
    kind, values = type(message).__name__, dict(vars(message))
    match message:
        case Expand(number, order):
            values = vars(order) | {"number": number, "margins": astuple(order.margins)}
            return Frame(kind, values, (values.pop("photo"),))
        case Outcome():
            blobs = values.pop("master"), values.pop("preview"), values.pop("thumb")
            return Frame(kind, values, blobs)
        case _:
            return Frame(kind, values)


def decode(frame: Frame) -> Message:
    """Return the message in a frame. Raises ValueError for a frame of an unknown kind."""
    values = dict(frame.values)
    if kind := _FLAT.get(frame.kind):
        return kind(**values)
    match frame.kind:
        case "Expand":
            (values["photo"],) = frame.blobs
            values["margins"], values["style"] = Margins(*values["margins"]), Style(values["style"])
            values["beside"] = tuple(values["beside"])
            return Expand(values.pop("number"), Order(**values))
        case "Outcome":
            values["master"], values["preview"], values["thumb"] = frame.blobs
            values["extent"], values["verdict"] = Extent(*values["extent"]), Level(values["verdict"])
            return Outcome(**values)
        case "Refused":
            return Refused(Reason(values.pop("reason")), **values)
    raise ValueError(f"no message is called {frame.kind!r}")
