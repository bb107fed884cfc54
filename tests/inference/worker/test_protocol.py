"""Every message between the program and an engine process arrives unchanged."""

from __future__ import annotations

import asyncio
import io
from typing import get_args

import pytest

from inference.canvas import Box, Extent, Margins
from inference.engine import Reads, Style
from inference.image.mosaic import Growth, Mosaic, Piece
from inference.image.refusal import Reason
from inference.marks.marking import Marked, Marking
from inference.safety.verdict import Level
from inference.worker.frame import Frame, read, receive
from inference.worker.protocol import (
    Cancel,
    EngineInfo,
    Expand,
    Failed,
    Left,
    LogLine,
    Message,
    Order,
    Outcome,
    Progress,
    Refused,
    Unavailable,
    decode,
    encode,
)

BYTES = bytes(range(256)) * 9
OUTCOME = Outcome(
    growth=Growth((Piece(BYTES, 3, 4), Piece(b"")), onto=True),
    preview=b"",
    thumb=b"\n",
    extent=Extent(660, 440),
    seconds=1.25,
    seed=2**31 - 1,
    verdict=Level.UNSURE,
    reason="扩图\n",
    surprise=None,
    recipe={"key": "noise=1", "words": ["moon"], "worked_at": []},
    marks=Marked("0" * 16, True, False, "f" * 16, "a" * 64, "b" * 64),
)
MARKING = Marking(b"\xab\n", "engine model", watermark=True)
MESSAGES: list[Message] = [
    Expand(1, Order(Mosaic.of(BYTES))),
    Expand(
        2,
        Order(
            Mosaic((Piece(b""), Piece(BYTES, 5, 6))),
            Margins(1, 2, 3, 4),
            Style.WILD,
            7,
            "皮\n",
            (8, 9),
            "sd15-cpu",
            doubles=True,
            guests={"ab/1.webp": b"one", "ab/2.webp": b"\n"},
            beings=(Box(1, 2, 3, 4),),
            marking=Marking(b"\xab\n", "e m", True),
        ),
    ),
    Cancel(3),
    EngineInfo("diffusion", "tiny", reads=Reads.ENGLISH, devices=4),
    EngineInfo(
        "patchmatch", "", Reads.NOTHING, 2, others={Style.WILD: EngineInfo("diffusion", "tiny", Reads.ENGLISH, 1, 0.5)}
    ),
    EngineInfo("patchmatch", "", Reads.NOTHING, offered={"sd15-cpu": EngineInfo("diffusion", "tiny", Reads.ENGLISH)}),
    Unavailable("run kuotu pull"),
    Unavailable("ValueError: no", "Traceback …\n"),
    LogLine("inference.worker", 30, "a line\nand another"),
    Progress(1 / 3),
    OUTCOME,
    Refused(Reason.TOO_LARGE, "60", "50"),
    Failed("shapes differ", "Traceback …\n"),
    Failed("MemoryError: no room", "", exhausted=True),
    Left(),
]


def pipe_of(*messages: Message) -> bytes:
    return b"".join(part for message in messages for part in encode(message).parts())


def test_every_kind_of_message_is_tried() -> None:
    assert {type(message) for message in MESSAGES} == set(get_args(Message))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_arrives_as_it_was_sent(message: Message) -> None:
    arrived = decode(read(io.BytesIO(pipe_of(message))))
    assert arrived == message
    assert repr(arrived) == repr(message)  # the same types, too: a list equals no tuple, a string equals a StrEnum


def test_a_pipe_gives_messages_in_order_and_ends() -> None:
    pipe = io.BytesIO(pipe_of(*MESSAGES))
    assert [decode(read(pipe)) for _ in MESSAGES] == MESSAGES
    with pytest.raises(EOFError):
        read(pipe)


async def test_a_stream_gives_the_same_messages_and_ends() -> None:
    stream = asyncio.StreamReader()
    stream.feed_data(pipe_of(*MESSAGES)[:-1])
    stream.feed_eof()
    assert [decode(await receive(stream)) for _ in MESSAGES[:-1]] == MESSAGES[:-1]
    with pytest.raises(EOFError):
        await receive(stream)


def test_an_unknown_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="no message is called 'Dance'"):
        decode(Frame("Dance"))
