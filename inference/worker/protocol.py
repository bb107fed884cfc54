"""The messages between the program and an engine process, and the codec that both sides use.

The program sends `Expand` and `Cancel`. The engine process first sends `EngineInfo` or `Unavailable`. For each order it
then sends `Progress` messages and one of `Outcome`, `Refused`, `Failed` and `Left`. `LogLine` may come at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, field, replace
from typing import Any, Final, TypeAlias

from inference.canvas import Box, Extent, Margins
from inference.engine import Reads, Recipe, Style
from inference.image.mosaic import Growth, Mosaic, laid
from inference.image.refusal import Reason
from inference.marks.marking import Marked, Marking
from inference.safety.verdict import Level
from inference.worker.frame import Frame


@dataclass(frozen=True)
class Order:
    """One expansion whose photo is still encoded: the file as a person sent it, or the pieces of a master.

    When `doubles` is set, the photo is enlarged to twice its size instead, and the engine is not used.
    """

    photo: Mosaic
    margins: Margins = field(default_factory=Margins)
    style: Style = Style.FAITHFUL
    seed: int = 0  # 0 to SEEDS - 1
    prompt: str = ""
    beside: tuple[int, ...] = ()  # seeds of sibling variants that are still waiting
    engine: str = ""  # that somebody chose; the style's own if it is empty or not on offer
    doubles: bool = False
    guests: Mapping[str, bytes] = field(default_factory=dict)  # the cut-outs of the chat's guests, by their keys
    beings: tuple[Box, ...] = ()  # where earlier steps of the chain have painted some, in px of the photo
    marking: Marking = field(default_factory=Marking)


@dataclass(frozen=True)
class Outcome:
    """The encoded result of an order."""

    growth: Growth  # the new pieces of the master, as lossless WebP
    preview: bytes  # JPEG for chats
    thumb: bytes  # JPEG, 640 px
    extent: Extent
    seconds: float  # from decoding to encoding, in the engine process
    seed: int  # the order's seed, or a seed derived from it that gave a result without a problem
    verdict: Level  # the worse verdict of photo and result
    reason: str  # the reason of the verdict, for the log
    surprise: float | None  # the machine's guess, 0 to 1; None for a doubled photo
    recipe: Recipe
    marks: Marked


@dataclass(frozen=True)
class EngineInfo:
    """What an engine process reports about its engine when it is ready for orders."""

    name: str
    model: str
    reads: Reads
    devices: int = 1  # how many such processes this machine can run at once
    seconds: float | None = None  # how long a model's first picture took; None without a model
    others: Mapping[Style, EngineInfo] = field(default_factory=dict)  # the engines of styles that have another one
    offered: Mapping[str, EngineInfo] = field(default_factory=dict)  # the engines that people may choose, by name

    @classmethod
    def of(cls, infos: Mapping[str, EngineInfo]) -> EngineInfo:
        """Return the faithful style's engine with the others that differ from it, and those that are on offer.

        `infos` has one for each style, and one for each name on offer.
        """
        first, devices = infos[Style.FAITHFUL], min(info.devices for info in infos.values())
        others = {style: infos[style] for style in Style if infos[style] != first}
        offered = {name: info for name, info in infos.items() if name not in list(Style)}
        return replace(first, devices=devices, others=others, offered=offered)

    @property
    def maker(self) -> tuple[str, str]:
        """The names of the engine and of its model, which rows of results keep."""
        return self.name, self.model

    def for_style(self, style: str, chosen: str = "") -> EngineInfo:
        """Return the engine that paints a style, or the one that somebody chose if it is on offer."""
        return self.offered.get(chosen) or self.others.get(Style(style), self)

    @property
    def names(self) -> str:
        """The names of all engines, such as «patchmatch+diffusion»."""
        return "+".join(dict.fromkeys(info.name for info in self._all))

    @property
    def models(self) -> str:
        """The names of all models."""
        return "+".join(dict.fromkeys(info.model for info in self._all if info.model))

    @property
    def _all(self) -> tuple[EngineInfo, ...]:
        return self, *self.others.values(), *self.offered.values()


@dataclass(frozen=True)
class Expand:
    """Carry out an order. Each order has a number one higher than the last, which a `Cancel` refers to."""

    number: int
    order: Order


@dataclass(frozen=True)
class Cancel:
    """Stop the order with this number."""

    number: int


@dataclass(frozen=True)
class Unavailable:
    """The engine cannot be opened, and the process ends. `traceback` is empty when `text` explains the cause fully."""

    text: str
    traceback: str = ""


@dataclass(frozen=True)
class LogLine:
    """A line that the engine process logged, for the program's own log."""

    name: str  # the logger's name
    level: int
    text: str


@dataclass(frozen=True)
class Progress:
    """The fraction of the order that is done, 0 to 1."""

    fraction: float


@dataclass(frozen=True)
class Refused:
    """The order's file is not a usable photo. The fields are those of `BadPhoto`."""

    reason: Reason
    found: str
    limit: str


@dataclass(frozen=True)
class Failed:
    """The order failed. When `exhausted` is set, memory ran out and the process should be replaced.

    `unfit` is set when the gate refused everything that was painted.
    """

    text: str
    traceback: str
    exhausted: bool = False
    unfit: bool = False


@dataclass(frozen=True)
class Left:
    """The engine has stopped a cancelled order."""


Message: TypeAlias = Expand | Cancel | EngineInfo | Unavailable | LogLine | Progress | Outcome | Refused | Failed | Left

_FLAT: Final = {kind.__name__: kind for kind in (Cancel, Unavailable, LogLine, Progress, Failed, Left)}
"""Messages whose fields are JSON values."""


def encode(message: Message) -> Frame:
    """Return the frame that carries a message."""
    kind, values = type(message).__name__, dict(vars(message))
    match message:
        case Expand(number, order):
            marking = vars(order.marking) | {"secret": order.marking.secret.hex()}
            values = vars(order) | {"number": number, "margins": astuple(order.margins), "marking": marking}
            values["guests"], values["beings"] = list(order.guests), [list(box) for box in order.beings]
            values["photo"] = {"places": order.photo.places, "made": order.photo.made}
            return Frame(kind, values, (*order.photo.files, *order.guests.values()))
        case EngineInfo():
            return Frame(kind, asdict(message))
        case Outcome():
            values["marks"] = vars(message.marks)
            values["growth"] = {"places": message.growth.places, "onto": message.growth.onto}
            return Frame(kind, values, (values.pop("preview"), values.pop("thumb"), *message.growth.files))
        case _:
            return Frame(kind, values)


def decode(frame: Frame) -> Message:
    """Return the message in a frame. Raises ValueError for a frame of an unknown kind."""
    values = dict(frame.values)
    if kind := _FLAT.get(frame.kind):
        return kind(**values)
    match frame.kind:
        case "Expand":
            photo = values["photo"]
            pieces, guests = laid(photo["places"], frame.blobs), frame.blobs[len(photo["places"]) :]
            values["photo"] = Mosaic(pieces, photo["made"])
            values["guests"] = dict(zip(values["guests"], guests, strict=True))
            values["margins"], values["style"] = Margins(*values["margins"]), Style(values["style"])
            values["beside"] = tuple(values["beside"])
            values["beings"] = tuple(Box(*box) for box in values["beings"])
            marking = dict(values["marking"])
            values["marking"] = Marking(**marking | {"secret": bytes.fromhex(marking["secret"])})
            return Expand(values.pop("number"), Order(**values))
        case "Outcome":
            values["preview"], values["thumb"], *files = frame.blobs
            growth = values["growth"]
            values["growth"] = Growth(laid(growth["places"], files), growth["onto"])
            values["extent"], values["verdict"] = Extent(*values["extent"]), Level(values["verdict"])
            values["marks"] = Marked(**values["marks"])
            return Outcome(**values)
        case "EngineInfo":
            return _info(values)
        case "Refused":
            return Refused(Reason(values.pop("reason")), **values)
    raise ValueError(f"no message is called {frame.kind!r}")


def _info(values: Mapping[str, Any]) -> EngineInfo:
    others = {Style(style): _info(other) for style, other in values["others"].items()}
    offered = {name: _info(other) for name, other in values["offered"].items()}
    return EngineInfo(**{**values, "reads": Reads(values["reads"]), "others": others, "offered": offered})
