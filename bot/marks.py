"""Puts the marks of origin into files that leave, with the keys of this installation."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inference.canvas import Box
from inference.marks.keyring import Keyring
from inference.marks.label import Label
from inference.marks.labels import labelled
from inference.marks.manifest import CannotSign, State, read, sign
from inference.marks.marking import Marking
from inference.marks.origin import Origin, Step
from storage.models import Expansion, Mark

ROOM = 2**16  # bytes that marks add at most; a file near a limit leaves them free

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Marks:
    """The keys and the operator's choices."""

    keys: Keyring
    producer: str  # the name of the service in labels
    timestamp_url: str = ""
    watermark: bool = True
    label: Label = Label.CAPTION

    def marking(self, maker: str) -> Marking:
        """Return how the results of an engine are marked."""
        return Marking(self.keys.secret, maker, self.watermark, self.label is Label.CORNER)

    def labelled(self, data: bytes, origin: Origin) -> bytes:
        """Return a file with its labels alone."""
        return labelled(data, origin, self.producer)

    def marked(self, data: bytes, origin: Origin) -> bytes:
        """Return a file with its labels and its signed manifest. It blocks: 10 ms at 1 MP, 150 ms at 27 MP.

        If the time server does not answer, or validators would refuse its stamps, the file is signed without its time.
        Raises CannotSign.
        """
        whole = self.labelled(data, origin)
        return self._stamped(whole, origin) or sign(whole, origin, self.keys)

    def _stamped(self, whole: bytes, origin: Origin) -> bytes | None:
        if not self.timestamp_url:
            return None
        try:
            signed = sign(whole, origin, self.keys, self.timestamp_url)
            if read(signed, self.keys).state is State.OURS:
                return signed
            problem = "C2PA accepts no stamps of this server's certificate"
        except CannotSign as error:
            problem = str(error)
        _log.warning("signed without a time stamp from %s: %s", self.timestamp_url, problem)
        return None


def origin_of(chain: Sequence[Expansion], marks: Mapping[int, Mark]) -> Origin:
    """Return the origin of a chain's last result. `chain` starts at the root; `marks` are those of its expansions."""
    last = marks.get(chain[-1].id)
    return Origin(last.number if last is not None else "", tuple(steps_of(chain, marks)))


def steps_of(chain: Sequence[Expansion], marks: Mapping[int, Mark]) -> list[Step]:
    """Return the steps of a chain, first photo first, with the places of their sources in the last result."""
    steps: list[Step] = []
    left = top = 0
    zoom = 1
    for expansion in reversed(chain):
        zoom *= 2 if expansion.doubles else 1
        left, top = left + zoom * expansion.left, top + zoom * expansion.top
        source, mark = expansion.source, marks.get(expansion.id)
        steps.append(
            Step(
                Box(left, top, left + zoom * source.width, top + zoom * source.height),
                zoom,
                mark.source if mark is not None else "",
                expansion.engine,
                expansion.model,
                str((expansion.recipe or {}).get("key", "")),
            )
        )
    return steps[::-1]
