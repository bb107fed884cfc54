"""The set-up script says what it needs and shows its progress."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

import pytest

from scripts.install import Progress, install, showing

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("lines", "unpacked", "step"),
    [
        pytest.param([], 0, "1/3 looking at what is needed", id="start"),
        pytest.param(
            ["Collecting numpy>=2.1 (from kuotu==0.1.0)", "  Downloading numpy-2.1.0-cp311.whl (16.3 MB)"],
            0,
            "1/3 downloading: 1 packages, 16 MB",
            id="download",
        ),
        pytest.param(
            ["Collecting a", "  Downloading a.whl (900.0 kB)", "Collecting b", "  Using cached b.whl (1.2 GB)"],
            0,
            "1/3 downloading: 2 packages, 1 MB",
            id="what-is-cached-is-not-downloaded",
        ),
        pytest.param(
            ["Collecting a", "WARNING: Retrying (Retry(total=4 …)) after connection broken"],
            0,
            "1/3 the network does not answer; trying again",
            id="no-network",
        ),
        pytest.param(
            ["Collecting a", "Collecting b", "Installing collected packages: a, b"],
            1,
            "2/3 unpacking: 1 of 2 packages",
            id="unpacking",
        ),
        pytest.param(["Installing collected packages: a"], 9, "2/3 unpacking: 1 of 1 packages", id="never-too-many"),
    ],
)
def test_how_far_pip_is(lines: list[str], unpacked: int, step: str) -> None:
    progress = Progress()
    for line in lines:
        progress.read(line)
    progress.count(unpacked)
    assert progress.step == step


def test_what_pip_cannot_do_is_told_and_the_rest_is_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "setup.log"
    assert install(Progress(), ["--no-index", str(tmp_path / "nowhere")], log) != 0
    told = capsys.readouterr().err.strip()
    assert told.startswith("ERROR")
    assert told in log.read_text("utf-8")


def test_without_a_terminal_every_line_stands(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    with showing(Progress(), out):
        pass
    assert re.fullmatch(r" +0 s  1/3 looking at what is needed\n", out.getvalue())


@pytest.mark.parametrize("page", ["README.md", "README.zh.md", "scripts/setup"])
def test_what_setup_needs_is_said_before_it_starts(page: str) -> None:
    assert "850 MB" in (ROOT / page).read_text("utf-8")


def test_make_bench_takes_names() -> None:
    command = ("make", "--dry-run", "--no-print-directory", "bench", "ONLY=engine,bot")
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told.rstrip().endswith("kuotu bench engine bot")
