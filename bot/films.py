"""Making films off the event loop: in one process of its own, which is started when the first is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib.util import find_spec
from multiprocessing import get_context

from inference.canvas import Margins


class FilmFailed(Exception):
    """No film came out; the text is for the operator."""


class OneAtATime(Exception):
    """This person has a film in the making."""


class Films:
    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._busy: set[int] = set()

    async def make(self, person_id: int, master: bytes, steps: Sequence[Margins]) -> bytes:
        """MP4 of a chain, or of one step as a loop. Raises OneAtATime and FilmFailed."""
        if person_id in self._busy:
            raise OneAtATime
        self._busy.add(person_id)
        try:
            self._pool = self._pool or ProcessPoolExecutor(1, get_context("spawn"))
            return await asyncio.get_running_loop().run_in_executor(self._pool, shoot, master, list(steps))
        except BrokenProcessPool as error:
            self.close()
            raise FilmFailed("the process that makes films has died") from error
        except ValueError as error:  # a bad picture, or steps that do not fit into it
            raise FilmFailed(str(error)) from error
        finally:
            self._busy.discard(person_id)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def open_films() -> Films | None:
    """None where the extra `video` is not installed."""
    return Films() if find_spec("av") is not None else None


def shoot(master: bytes, steps: list[Margins]) -> bytes:
    """Runs in the process."""
    from inference.film import before_after, film

    return film(master, steps) if len(steps) > 1 else before_after(master, steps[0])
