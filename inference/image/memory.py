"""The C library's memory: large blocks go back to the system when they are freed."""

from __future__ import annotations

import ctypes
from typing import Final

LARGE: Final = 1 << 20  # bytes
_M_MMAP_THRESHOLD: Final = -3  # malloc.h of glibc


def return_large_blocks() -> None:
    """Have each block of a megabyte and more mapped by itself, and unmapped as soon as it is freed.

    glibc raises this threshold to 32 MB as soon as one such block was freed. From then on the blocks of 16 MB in which
    Pillow holds pictures lie on the heaps of threads, which hardly ever shrink: a bot that once decoded eight large
    photos kept 540 MB for good. Elsewhere than with glibc this does nothing.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_M_MMAP_THRESHOLD, LARGE)
