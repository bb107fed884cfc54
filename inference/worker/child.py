"""The engine process: `python -m inference.worker.child OPENER ENGINE MODEL CHECKS`, spoken to in frames.

It ends with its parent, however that ends: a thread reads stdin and leaves at its end, even in mid-expansion (kernels
release the interpreter). One job is one core. Ctrl-C and SIGTERM reach whole groups of processes; the parent decides.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from importlib import import_module
from queue import SimpleQueue
from threading import Lock, Thread
from traceback import format_exc
from typing import BinaryIO, Final, cast

import cv2
import numpy as np

from inference.canvas import Margins
from inference.engine import (
    Cancelled,
    Engine,
    EngineError,
    EngineName,
    EngineUnavailable,
    Request,
    Style,
    ignore,
)
from inference.image.codec import decode_kept, encode_chat, encode_master, thumbnail
from inference.image.refusal import BadPhoto
from inference.quality.gate import Unfit
from inference.worker.checks import CheckedEngine, Checks
from inference.worker.protocol import EngineInfo, Frame, read

DECODED, PAINTED, ENCODED = 0.03, 0.85, 0.97  # how far an order is after each stage
WARM_UP: Final = Request(np.tile(np.arange(0, 256, 4).astype(np.uint8)[:, None], (48, 1, 3)), Margins(16, 16, 16, 16))


def main(opener: str, engine: str, model: str, checks: str) -> None:
    faulthandler.enable()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    cv2.setNumThreads(1)
    answers = Answers(_own_stdout())
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[answers])
    orders = Orders()
    Thread(target=orders.listen, args=(sys.stdin.buffer,), daemon=True).start()
    try:
        opened = warm(opener, EngineName(engine), model)
        checked = CheckedEngine(opened, Checks.from_json(checks))
    except EngineUnavailable as error:
        return answers.send(Frame("unavailable", {"text": str(error)}))
    except Exception as error:
        return answers.send(Frame("unavailable", _told(error)))
    answers.send(Frame("ready", asdict(EngineInfo(opened.name, model, opened.reads_words, opened.devices))))
    while True:
        answers.send(_answer(checked, orders, answers))


class Answers(logging.Handler):
    """Frames to the parent; the lines that this process logs go with them, so that they stand in the parent's log."""

    def __init__(self, pipe: BinaryIO) -> None:
        super().__init__()
        self._pipe, self._one_at_a_time = pipe, Lock()

    def send(self, frame: Frame) -> None:
        with self._one_at_a_time:
            for part in frame.parts():
                self._pipe.write(part)
            self._pipe.flush()

    def emit(self, record: logging.LogRecord) -> None:
        self.send(Frame("log", {"name": record.name, "level": record.levelno, "text": self.format(record)}))


class Orders:
    """Orders as they arrive, and which of them were cancelled."""

    def __init__(self) -> None:
        self._arrived: SimpleQueue[Frame] = SimpleQueue()
        self._cancelled = 0  # the number of the last one

    def listen(self, pipe: BinaryIO) -> None:
        """Until the parent is gone; then so is this process."""
        try:
            while True:
                frame = read(pipe)
                if frame.kind == "cancel":
                    self._cancelled = frame.values["number"]
                else:
                    self._arrived.put(frame)
        finally:
            os._exit(0)

    def next(self) -> Frame:
        return self._arrived.get()

    def cancelled(self, order: Frame) -> bool:
        return self._cancelled >= int(order.values["number"])


def _answer(engine: CheckedEngine, orders: Orders, answers: Answers) -> Frame:
    """Carry out the next order; whatever happens is a frame."""
    order, shown = orders.next(), -1

    def report(fraction: float) -> None:
        nonlocal shown
        if orders.cancelled(order):
            raise Cancelled
        if (percent := int(fraction * 100)) > shown:
            shown = percent
            answers.send(Frame("progress", {"fraction": fraction}))

    try:
        return _carried_out(engine, order, report)
    except Cancelled:
        return Frame("cancelled")
    except BadPhoto as bad:
        return Frame("bad", {"reason": bad.reason, "found": bad.found, "limit": bad.limit})
    except MemoryError as error:
        return Frame("exhausted", _told(error))
    except Exception as error:
        return Frame("failed", _told(error))


def _carried_out(engine: CheckedEngine, order: Frame, report: Callable[[float], None]) -> Frame:
    started = time.perf_counter()
    report(0)
    values = order.values
    margins = Margins(*values["margins"])
    photo = decode_kept(order.blobs[0])
    report(DECODED)
    style, beside = Style(values["style"]), tuple(values["beside"])
    request = Request(photo, margins, style, values["seed"], values["prompt"], beside)
    work = engine.double if values["doubles"] else engine.expand
    checked = work(request, lambda fraction: report(DECODED + fraction * (PAINTED - DECODED)))
    report(PAINTED)
    master = encode_master(checked.canvas)
    report(ENCODED)
    blobs = (master, encode_chat(checked.canvas), thumbnail(checked.canvas))
    report(1)
    height, width = checked.canvas.shape[:2]
    given = {"extent": (width, height), "seed": checked.seed, "surprise": checked.surprise, "recipe": checked.recipe}
    said = {"verdict": checked.verdict.level, "reason": checked.verdict.reason}
    return Frame("done", given | said | {"seconds": time.perf_counter() - started}, blobs)


def warm(opener: str, name: EngineName, model: str) -> Engine:
    """The engine, warm: compiled, loaded, and shown to work."""
    module, _, function = opener.partition(":")
    engine = cast(Engine, getattr(import_module(module), function)(name, model))
    with suppress(Unfit):  # what it makes of a ramp is no matter
        engine.expand(WARM_UP, ignore)
    return engine


def _own_stdout() -> BinaryIO:
    """Frames alone go to the real stdout; what libraries print goes to stderr."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _told(error: Exception) -> dict[str, str]:
    kind = "" if isinstance(error, EngineError) else f"{type(error).__name__}: "
    return {"text": " ".join(f"{kind}{error}".split()), "traceback": format_exc()}


if __name__ == "__main__":
    main(*sys.argv[1:])
