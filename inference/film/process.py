"""Makes a film in a separate process, `python -m inference.film.process`, which communicates in frames.

Each film has its own process, so that the memory is free afterwards. The process runs at a lower priority than the
engines (a higher nice value), and it ends when its parent ends, for whatever reason.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from threading import Thread
from typing import BinaryIO, Final

from inference.canvas import Margins
from inference.engine import Report, whole_percents
from inference.image.mosaic import Mosaic, laid
from inference.worker.frame import Frame, read
from inference.worker.pipe import Link

NICENESS: Final = 10


class FilmFailed(Exception):
    """A film could not be made; the text is for the operator."""


@dataclass(frozen=True)
class Script:
    """The input of a film: the last master of a chain, and the margins of its steps, first to last."""

    master: Mosaic
    steps: Sequence[Margins]
    loop: bool = False  # whether to show the last step alone, as a before/after loop


@dataclass(frozen=True)
class Reel:
    """A finished film."""

    movie: bytes  # MP4
    poster: bytes  # JPEG of its first frame


async def shoot(script: Script, report: Report, time_limit: float = 300.0) -> Reel:
    """Make a film and report the progress, 0 to 1. Cancelling this call ends the process.

    Raises FilmFailed when the process fails or takes longer than `time_limit` seconds.
    """
    link = await Link.spawn(sys.executable, "-m", "inference.film.process")
    try:
        async with asyncio.timeout(time_limit):
            link.post(Frame("shoot", _plain(script), script.master.files))
            while (frame := await link.receive()).kind == "progress":
                report(frame.values["fraction"])
    except TimeoutError:
        raise FilmFailed(f"no film within {time_limit:g} s") from None
    except EOFError:
        raise FilmFailed(f"the process that makes films {await link.end()}") from None
    finally:
        await link.end()
    if frame.kind != "done":
        raise FilmFailed(frame.values["text"])
    movie, poster = frame.blobs
    return Reel(movie, poster)


def _plain(script: Script) -> dict[str, object]:
    steps = [astuple(margins) for margins in script.steps]
    return {"steps": steps, "loop": script.loop, "places": script.master.places}


def main() -> None:
    """Read one script from stdin, answer on stdout, and exit."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICENESS)
    order = read(sys.stdin.buffer)
    Thread(target=_end_with_parent, args=(sys.stdin.buffer,), daemon=True).start()
    _send(_shot(order))


def _end_with_parent(pipe: BinaryIO) -> None:
    with suppress(EOFError, OSError):
        read(pipe)
    os._exit(1)


def _shot(order: Frame) -> Frame:
    """Carry out the order, and return the film or the failure as a frame."""
    from inference.film.encoder import before_after, film, poster

    report = whole_percents(lambda fraction: _send(Frame("progress", {"fraction": fraction})))
    master = Mosaic(laid(order.values["places"], order.blobs))
    steps = [Margins(*margins) for margins in order.values["steps"]]
    try:
        movie = before_after(master, steps[-1], report) if order.values["loop"] else film(master, steps, report)
        return Frame("done", {}, (movie, poster(movie)))
    except Exception as error:
        return Frame("failed", {"text": " ".join(f"{type(error).__name__}: {error}".split())})


def _send(frame: Frame) -> None:
    for part in frame.parts():
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
