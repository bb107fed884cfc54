"""The temporary folders in which films are written."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Final

PREFIX: Final = "kuotu-film-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Create a folder that names this process, and delete it with everything in it."""
    with TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as folder:
        yield Path(folder)


def sweep_scratch_folders() -> list[Path]:
    """Delete the folders of processes that were killed, and return them. Folders of running processes stay."""
    left = [folder for folder in Path(gettempdir()).glob(f"{PREFIX}*") if not _runs(folder.name)]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)  # another user's folder stays
    return left


def _runs(name: str) -> bool:
    """Return whether the process runs that a folder names. Older versions named none."""
    process = re.match(rf"{PREFIX}(\d+)-", name)
    return process is not None and _alive(int(process[1]))


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)  # somebody else's process refuses the signal
    return True
