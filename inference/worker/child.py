"""The engine process: `python -m inference.worker.child OPENER ENGINE OFFER MODEL GUESTS CHECKS`. It speaks in frames.

The process ends when its parent ends, for whatever reason: a thread reads stdin and exits the process at end of file,
even in the middle of an expansion (kernels release the interpreter's lock). One job uses one core. Ctrl-C and SIGTERM
reach a whole process group, so this process ignores them and the parent decides when it ends.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
import time
from dataclasses import replace
from queue import SimpleQueue
from threading import Lock, Thread
from traceback import format_exc
from typing import BinaryIO

import cv2

from inference.beings.visitor import read_cutout
from inference.canvas import Extent
from inference.casting import all_choices
from inference.engine import (
    Cancelled,
    EngineError,
    EngineUnavailable,
    NothingFit,
    Report,
    Request,
    Style,
    Visitor,
    part,
    whole_percents,
)
from inference.image.codec import encode_chat, thumbnail
from inference.image.mosaic import Cutter
from inference.image.refusal import BadPhoto
from inference.marks.marking import mark
from inference.worker.checks import CheckedEngine, Checks
from inference.worker.frame import read
from inference.worker.opening import open_all
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

DECODED, PAINTED, ENCODED = 0.03, 0.85, 0.97  # the progress of an order after each stage


def main(opener: str, engine: str, offer: str, model: str, guests: str, checks: str) -> None:
    """Open the engines, then carry out orders until the parent ends."""
    faulthandler.enable()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    cv2.setNumThreads(1)
    answers = Answers(_own_stdout())
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[answers])
    orders = Orders()
    Thread(target=orders.listen, args=(sys.stdin.buffer,), daemon=True).start()
    try:
        opened = open_all(all_choices(engine, offer, model), opener, guests)
        engines = {name: one.engine for name, one in opened.items()}
        checked = CheckedEngine(engines[Style.FAITHFUL], Checks.from_json(checks), engines)
    except EngineUnavailable as error:
        return answers.send(Unavailable(str(error)))
    except Exception as error:
        return answers.send(Unavailable(_sentence(error), format_exc()))
    answers.send(EngineInfo.of({name: one.info for name, one in opened.items()}))
    cutter = Cutter()
    while True:
        answers.send(_answer(checked, cutter, orders, answers))


class Answers(logging.Handler):
    """Sends frames to the parent. As a log handler it also sends this process's log lines, for the parent's log."""

    def __init__(self, pipe: BinaryIO) -> None:
        super().__init__()
        self._pipe, self._one_at_a_time = pipe, Lock()

    def send(self, message: Message) -> None:
        """Write one message to the parent. Several threads may call it."""
        with self._one_at_a_time:
            for part in encode(message).parts():
                self._pipe.write(part)
            self._pipe.flush()

    def emit(self, record: logging.LogRecord) -> None:
        self.send(LogLine(record.name, record.levelno, self.format(record)))


class Orders:
    """The queue of orders that have arrived, and the number of the last cancelled one."""

    def __init__(self) -> None:
        self._arrived: SimpleQueue[Expand] = SimpleQueue()
        self._cancelled = 0  # the number of the last cancelled order

    def listen(self, pipe: BinaryIO) -> None:
        """Read frames until the parent closes the pipe, then exit this process."""
        try:
            while True:
                match decode(read(pipe)):
                    case Cancel(number):
                        self._cancelled = number
                    case Expand() as asked:
                        self._arrived.put(asked)
        finally:
            os._exit(0)

    def next(self) -> Expand:
        """Wait for the next order, and return it."""
        return self._arrived.get()

    def cancelled(self, asked: Expand) -> bool:
        """Return whether an order was cancelled."""
        return self._cancelled >= asked.number


def _answer(engine: CheckedEngine, cutter: Cutter, orders: Orders, answers: Answers) -> Message:
    """Carry out the next order, and return the outcome or the failure as a message."""
    asked = orders.next()
    tell = whole_percents(lambda fraction: answers.send(Progress(fraction)))

    def report(fraction: float) -> None:
        if orders.cancelled(asked):
            raise Cancelled
        tell(fraction)

    try:
        return _carried_out(engine, cutter, asked.order, report)
    except Cancelled:
        return Left()
    except BadPhoto as bad:
        return Refused(bad.reason, bad.found, bad.limit)
    except Exception as error:
        exhausted, unfit = isinstance(error, MemoryError), isinstance(error, NothingFit)
        return Failed(_sentence(error), "" if unfit else format_exc(), exhausted, unfit)


def _carried_out(engine: CheckedEngine, cutter: Cutter, order: Order, report: Report) -> Outcome:
    started = time.perf_counter()
    report(0)
    photo = order.photo.pixels()
    report(DECODED)
    visitors = tuple(Visitor(key, read_cutout(data)) for key, data in order.guests.items())
    request = Request(
        photo,
        order.margins,
        order.style,
        order.seed,
        order.prompt,
        visitors,
        order.beings,
        order.beside,
        order.engine,
    )
    work = engine.double if order.doubles else engine.expand
    checked = work(request, part(report, DECODED, PAINTED))
    report(PAINTED)
    canvas = checked.painted.pixels
    marks = mark(canvas, replace(request, seed=checked.seed), order.marking)  # so that this seed makes it again
    growth = cutter.growth(canvas, order.photo, photo, order.margins, marks.source)
    report(ENCODED)
    preview, thumb = encode_chat(canvas), thumbnail(canvas)
    report(1)
    return Outcome(
        growth,
        preview,
        thumb,
        extent=Extent.of(canvas),
        seconds=time.perf_counter() - started,
        seed=checked.seed,
        verdict=checked.verdict.level,
        reason=checked.verdict.reason,
        surprise=checked.surprise,
        recipe=checked.painted.recipe,
        marks=marks,
    )


def _own_stdout() -> BinaryIO:
    """Return the real stdout for frames only, and redirect what libraries print to stderr."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _sentence(error: Exception) -> str:
    kind = "" if isinstance(error, EngineError) else f"{type(error).__name__}: "
    return " ".join(f"{kind}{error}".split())


if __name__ == "__main__":
    main(*sys.argv[1:])
