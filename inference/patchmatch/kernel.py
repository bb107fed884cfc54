"""Compiled kernels, and the folder that keeps their machine code between runs."""

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
    """Compile at the first call, without the interpreter's lock, so that a watchdog thread can run beside it."""
    compiled = numba.njit(nogil=True, fastmath=True, error_model="numpy")(function)
    _kernels.append(compiled)
    return compiled


def inlined(function: Compiled) -> Compiled:
    """A piece of a kernel, pasted into its callers: a call would count references to every array it is handed."""
    return numba.njit(nogil=True, fastmath=True, error_model="numpy", inline="always")(function)


def default_folder() -> Path:
    """Where numba's own NUMBA_CACHE_DIR says, else beside the libraries whose machine code it extends."""
    return Path(NAMED) if NAMED else shipped_folder()


def shipped_folder() -> Path:
    """Inside the virtual environment, where set-up compiles the kernels."""
    return Path(sys.prefix) / "cache" / "kernels"


def cache_in(folder: Path) -> Path | None:
    """Keep machine code in `folder`; call it before the first kernel runs.

    A new folder starts with what set-up has compiled. A folder that cannot be written is read through a copy in a
    temporary folder. Returns the folder in use, or None when no folder can be written and every process compiles for
    itself.
    """
    config: Any = numba.config
    if config.BOUNDSCHECK is not None:
        return None  # numba's index does not tell checked code from unchecked code
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
    """Numba notices a change in a kernel's own file, not in the kernels it calls: every version gets its own folder."""
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
    """Copy what set-up has compiled, whole or not at all; of processes that do so at once the first one wins."""
    if not shipped.is_dir():
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".seed-", dir=folder.parent) as unfinished:
            Path(shutil.copytree(shipped, Path(unfinished) / shipped.name)).rename(folder)
    except OSError:
        return  # another process was first, or the folder cannot be written, which _writable finds out next


def _copy(folder: Path) -> Path | None:
    try:
        borrowed = tempfile.TemporaryDirectory(prefix="kuotu-kernels-")
        _borrowed.append(borrowed)  # removed when the process ends
        if folder.is_dir():
            shutil.copytree(folder, borrowed.name, dirs_exist_ok=True)
    except OSError:
        return None
    return Path(borrowed.name)
