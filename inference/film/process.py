"""A film made in a process of its own: `python -m inference.film.process`, spoken to in frames as an engine process is.

One process a film: it imports what a film needs, leaves nothing in memory behind, gives way to the engines (it is
nicer than they are), and ends with its parent, however that ends.
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
from inference.worker.frame import Frame, read
from inference.worker.pipe import Link

NICENESS: Final = 10


class FilmFailed(Exception):
    """No film came out; the text is for the operator."""


@dataclass(frozen=True)
class Script:
    """What a film is made of: the last master of a chain (a file), and the margins of its steps, first to last."""

    master: bytes
    steps: Sequence[Margins]
    loop: bool = False  # the last step alone, there and back


@dataclass(frozen=True)
class Reel:
    movie: bytes  # MP4
    poster: bytes  # JPEG of its first frame


async def shoot(script: Script, report: Report, time_limit: float = 300.0) -> Reel:
    """Make a film; `report` hears how far it is, 0 to 1. When cancelled, the process ends. Raises FilmFailed."""
    link = await Link.spawn(sys.executable, "-m", "inference.film.process")
    try:
        async with asyncio.timeout(time_limit):
            link.post(Frame("shoot", _plain(script), (script.master,)))
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
    return {"steps": [astuple(margins) for margins in script.steps], "loop": script.loop}


def main() -> None:
    """Read one script from stdin, answer on stdout, end."""
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
    """Carry the order out; whatever happens is a frame."""
    from inference.film.encoder import before_after, film, poster

    report = whole_percents(lambda fraction: _send(Frame("progress", {"fraction": fraction})))
    master, steps = order.blobs[0], [Margins(*margins) for margins in order.values["steps"]]
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
