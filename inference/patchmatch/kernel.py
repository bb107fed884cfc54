"""Compiles kernels, and manages the folder that keeps their machine code between runs."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import numba

Compiled: TypeAlias = Callable[..., Any]

NAMED: str = numba.config.CACHE_DIR  # type: ignore[attr-defined]  # before cache_in sets it

_kernels: list[Any] = []
_borrowed: list[tempfile.TemporaryDirectory[str]] = []


def kernel(function: Compiled) -> Compiled:
    """Compile a function at its first call. It runs without the interpreter's lock, so that other threads can run."""
    compiled = numba.njit(nogil=True, fastmath=True, error_model="numpy")(function)
    _kernels.append(compiled)
    return compiled


def inlined(function: Compiled) -> Compiled:
    """Compile a function that is inlined into kernels, because a call would count references to all array arguments."""
    return numba.njit(nogil=True, fastmath=True, error_model="numpy", inline="always")(function)


def default_folder() -> Path:
    """Return the folder that NUMBA_CACHE_DIR names, or else the one inside the virtual environment."""
    return Path(NAMED) if NAMED else shipped_folder()


def shipped_folder() -> Path:
    """Return the folder inside the virtual environment to which set-up compiles the kernels."""
    return Path(sys.prefix) / "cache" / "kernels"


def cache_in(folder: Path) -> Path | None:
    """Keep machine code in `folder`. It must be called before the first kernel runs.

    A new folder starts as a copy of what set-up compiled. A read-only folder is copied to a temporary one. Returns the
    folder in use, or None when no folder is writable and every process compiles for itself.
    """
    config: Any = numba.config
    if config.DISABLE_JIT:
        return None  # the interpreter runs the kernels, and there is no machine code
    if config.BOUNDSCHECK is not None:
        return None  # numba's index does not distinguish code with and without bounds checks
    shipped, folder = shipped_folder() / _version(), folder / _version()
    if not folder.exists():
        _seed(folder, shipped)
    chosen = folder if str(folder) == config.CACHE_DIR else _writable(folder) or _copy(folder)
    if chosen is None:
        return None
    if str(chosen) != config.CACHE_DIR:
        config.CACHE_DIR = str(chosen)
        for compiled in _kernels:
            compiled.enable_caching()
    return chosen


def _version() -> str:
    """Return a digest of all kernel sources, which names the folder of this version.

    Numba detects a change in a kernel's own file, but not in the files of the kernels that it calls.
    """
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


def _writable(folder: Path) -> Path | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def _seed(folder: Path, shipped: Path) -> None:
    """Copy what set-up compiled atomically. When several processes do so at the same time, the first one wins."""
    if not shipped.is_dir():
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".seed-", dir=folder.parent) as unfinished:
            Path(shutil.copytree(shipped, Path(unfinished) / shipped.name)).rename(folder)
    except OSError:
        return  # another process was first, or the folder is read-only, which _writable detects next


def _copy(folder: Path) -> Path | None:
    try:
        borrowed = tempfile.TemporaryDirectory(prefix="kuotu-kernels-")
        _borrowed.append(borrowed)  # a reference keeps the folder until the process ends
        if folder.is_dir():
            shutil.copytree(folder, borrowed.name, dirs_exist_ok=True)
    except OSError:
        return None
    return Path(borrowed.name)
