"""The compiled kernels: array bounds, cache and memory, each tested in its own process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from inference.patchmatch.kernel import default_folder, shipped_folder

EXPAND = """
import sys, hashlib, numpy as np
from pathlib import Path
from inference.canvas import Margins
from inference.engine import Request, Style, ignore
from inference.patchmatch.engine import PatchMatch
engine = PatchMatch(Path(sys.argv[1]))
photo = np.random.default_rng(0).integers(0, 256, (int(sys.argv[2]), int(sys.argv[3]), 3), np.uint8)
margins = Margins(photo.shape[1] // 4, photo.shape[0] // 4, photo.shape[1] // 4, photo.shape[0] // 4)
digest = hashlib.sha256()
for style in sys.argv[4].split(','):
    digest.update(engine.expand(Request(photo, margins, Style(style), seed=7), ignore).pixels.tobytes())
peak = next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'))
print(engine.cache, digest.hexdigest(), peak)
"""


def python(code: str, *arguments: str, **environment: str) -> str:
    """Return what a new interpreter prints."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=os.environ | environment, check=True, capture_output=True, text=True).stdout


def expand(folder: Path, height: int, width: int, styles: str, **environment: str) -> tuple[str, str, int]:
    """Expand a photo. Returns the cache in use, a digest of the results, and the peak memory in kilobytes."""
    cache, digest, peak = python(EXPAND, str(folder), str(height), str(width), styles, **environment).split()
    return cache, digest, int(peak)


def test_no_kernel_reaches_beyond_an_array(tmp_path: Path) -> None:
    """Compiled code would read on silently. The same kernels run by the interpreter raise IndexError."""
    assert expand(tmp_path, 12, 15, "wild", NUMBA_DISABLE_JIT="1")[0] == "None"
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def usual() -> tuple[str, str, int]:
    """An expansion with the folder to which set-up compiles."""
    return expand(shipped_folder(), 40, 50, "faithful,wild")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("new") / "kernels"


@pytest.fixture(scope="module")
def seeded(usual: tuple[str, str, int], folder: Path) -> tuple[str, str, int]:
    """The same expansion with a folder that is new."""
    return expand(folder, 40, 50, "faithful,wild")


def test_every_process_gives_the_same_bytes(usual: tuple[str, str, int], seeded: tuple[str, str, int]) -> None:
    assert usual[1] == seeded[1]


def test_a_folder_that_cannot_be_written_is_read_through_a_copy(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    from inference.patchmatch.kernel import _copy, _writable

    assert _writable(blocked / "kernels") is None
    copy = _copy(default_folder())
    assert copy is not None
    assert {path.name for path in copy.iterdir()} == {path.name for path in default_folder().iterdir()}


def test_a_new_folder_starts_with_what_setup_compiled(folder: Path, seeded: tuple[str, str, int]) -> None:
    """numba writes new files when it compiles, so unchanged file times show that files were copied."""
    cache, _, _ = seeded
    assert Path(cache).parent == folder
    ages = {path.relative_to(cache): path.stat().st_mtime_ns for path in Path(cache).rglob("*.nbc")}
    shipped = shipped_folder() / Path(cache).name
    assert len(ages) > 5
    assert ages == {path.relative_to(shipped): path.stat().st_mtime_ns for path in shipped.rglob("*.nbc")}
    assert [path.name for path in folder.iterdir()] == [Path(cache).name]


def test_code_with_bounds_checks_is_not_kept(tmp_path: Path) -> None:
    code = "import sys, pathlib; from inference.patchmatch.kernel import *; print(cache_in(pathlib.Path(sys.argv[1])))"
    assert python(code, str(tmp_path), NUMBA_BOUNDSCHECK="1") == "None\n"
    assert not list(tmp_path.iterdir())


def test_numba_says_where_machine_code_lies(tmp_path: Path) -> None:
    code = "from inference.patchmatch import kernel; print(kernel.default_folder())"
    assert python(code, NUMBA_CACHE_DIR=str(tmp_path)) == f"{tmp_path}\n"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_memory_grows_with_the_canvas_and_with_nothing_else(usual: tuple[str, str, int]) -> None:
    """The photo and the canvas are as large as 1.44 canvases, and the larger working canvas as 2."""
    large = expand(default_folder(), 2100, 2800, "faithful")
    canvases = [40 * 50 * 2.25 * 3 / 1024, 2100 * 2800 * 2.25 * 3 / 1024]
    assert large[2] - usual[2] < 5 * (canvases[1] - canvases[0])
