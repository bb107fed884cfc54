"""Configures the C library's allocator to return large blocks to the system when they are freed."""

from __future__ import annotations

import ctypes
from typing import Final

LARGE: Final = 1 << 20  # bytes
_M_MMAP_THRESHOLD: Final = -3  # malloc.h of glibc


def return_large_blocks() -> None:
    """Make the allocator map each block of at least a megabyte separately, and unmap it when it is freed.

    glibc raises this threshold up to 32 MB when such a block is freed. From then on, Pillow's 16 MB image blocks are on
    the threads' heaps, which hardly ever shrink: a bot that had decoded eight large photos kept 540 MB permanently.
    With other C libraries this function does nothing.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_M_MMAP_THRESHOLD, LARGE)
