"""Caches the saliency maps of recent photos, so that rerolls and styles of one photo run the network once."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from threading import Lock

import numpy as np

from inference.engine import Pixels
from inference.subject.salience import Salience, salience, squeezed
from inference.subject.subject import Subject, find_subject


class Subjects:
    """A thread-safe cache of the saliency maps of the last `most` photos, 100 kB each."""

    def __init__(self, most: int = 16) -> None:
        self._maps: OrderedDict[bytes, Salience] = OrderedDict()
        self._most, self._one_at_a_time = most, Lock()

    def of(self, photo: Pixels) -> Subject | None:
        """Return the subject of a photo, or None."""
        return find_subject(photo, self.salience(photo))

    def salience(self, photo: Pixels) -> Salience:
        """Return the saliency map of a photo, which depends on no more of it than the network sees."""
        square = squeezed(photo)
        key = blake2b(square.data, digest_size=16).digest()
        with self._one_at_a_time:
            if key in self._maps:
                self._maps.move_to_end(key)
                return self._maps[key]
        found = salience(square)
        with self._one_at_a_time:
            self._maps[key] = found
            while len(self._maps) > self._most:
                self._maps.popitem(last=False)
        return found


def fingerprint(photo: Pixels) -> bytes:
    """Return a digest of the photo's pixels and width."""
    return blake2b(np.ascontiguousarray(photo).data, digest_size=16, salt=b"%d" % photo.shape[1]).digest()
