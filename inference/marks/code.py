"""The error correction of watermarks: a convolutional code of rate 1/4 with 64 states, decoded by Viterbi.

Constraint length 7 with the generators 135, 135, 147 and 163 (octal), whose free distance is 20: J. Proakis, «Digital
Communications», table 8.2-3. Six zeros end the message, so a number of 64 bits becomes 280.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.marks.number import BITS

GENERATORS: Final = (0o135, 0o135, 0o147, 0o163)
MEMORY: Final = 6
STEPS: Final = BITS + MEMORY
CODED: Final = STEPS * len(GENERATORS)

Signs = NDArray[np.float32]


def encode(number: str) -> Signs:
    """Return the coded bits of a number in hexadecimal digits as CODED signs, 1 or -1."""
    bits = [int(bit) for bit in f"{int(number, 16):0{BITS}b}"] + [0] * MEMORY
    state, out = 0, np.empty((STEPS, len(GENERATORS)), np.float32)
    signs, following = _trellis()
    for step, bit in enumerate(bits):
        out[step], state = signs[state, bit], following[state, bit]
    return out.ravel()


def decode(soft: Signs) -> str:
    """Return the number whose coded bits correlate best with CODED soft values. Their sign is the bit's."""
    signs, following = _trellis()
    values = soft.reshape(STEPS, len(GENERATORS))
    states = len(following)
    score = np.full(states, -np.inf)
    score[0] = 0.0
    origins = np.empty((STEPS, states), np.int64)
    for step in range(STEPS):
        gained = score[:, None] + signs @ values[step]
        if step >= BITS:
            gained[:, 1] = -np.inf
        candidates = gained[_BEFORE, _BIT[:, None]]
        best = candidates.argmax(axis=1)
        origins[step] = _BEFORE[np.arange(states), best]
        score = candidates[np.arange(states), best]
    state, bits = 0, 0
    for step in reversed(range(STEPS)):
        if step < BITS:
            bits |= int(_BIT[state]) << (BITS - 1 - step)
        state = int(origins[step, state])
    return f"{bits:0{BITS // 4}x}"


@cache
def _trellis() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the signs (64, 2, 4) that a bit sends from each state, and the states (64, 2) that follow."""
    states = 1 << MEMORY
    signs = np.empty((states, 2, len(GENERATORS)))
    following = np.empty((states, 2), np.int64)
    for state in range(states):
        for bit in (0, 1):
            register = bit << MEMORY | state
            signs[state, bit] = [1 - 2 * ((register & taps).bit_count() & 1) for taps in GENERATORS]
            following[state, bit] = register >> 1
    return signs, following


_STATES: Final = np.arange(1 << MEMORY)
_BIT: Final = _STATES >> MEMORY - 1  # the newest bit of a state
_BEFORE: Final = np.stack([_STATES << 1 & 0x3F, _STATES << 1 & 0x3F | 1], axis=1)
"""The two states from which each state is reached."""
