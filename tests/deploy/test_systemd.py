"""systemd's own tools check the unit."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
ANALYZE = shutil.which("systemd-analyze")
VERSION = 250  # the first systemd-analyze that judges a unit of a machine that is not running systemd
MOST = 25  # tenths of an exposure level: 2.5


def _version() -> int:
    if ANALYZE is None:
        return 0
    told = subprocess.run((ANALYZE, "--version"), capture_output=True, text=True, check=True).stdout
    return int(re.findall(r"\d+", told)[0])


needs_systemd = pytest.mark.skipif(
    _version() < VERSION, reason=f"systemd-analyze {VERSION} or newer is not here: sudo apt-get install systemd"
)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The unit with its drop-in, installed as in /etc/systemd/system, for a checkout that exists."""
    unit = tmp_path / "kuotu.service"
    text = (DEPLOY / "kuotu.service").read_text("utf-8")
    command = "/opt/kuotu/.venv/bin/kuotu"
    assert command in text
    unit.write_text(text.replace(command, sys.executable), "utf-8")
    (tmp_path / "kuotu.service.d").mkdir()
    shutil.copy(DEPLOY / "kuotu-gpu.conf", tmp_path / "kuotu.service.d" / "gpu.conf")
    return unit


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run((ANALYZE, *words), capture_output=True, text=True, check=False)


def exposure(unit: Path) -> float:
    """Return systemd's exposure level of the unit, from 0 (safe) to 10."""
    judged = analyze("security", "--offline=true", "--no-pager", f"--threshold={MOST}", str(unit))
    assert judged.returncode == 0, judged.stdout[-2000:]
    return float(re.findall(r"exposure level for \S+ ([\d.]+)", judged.stdout)[0])


@needs_systemd
def test_the_unit_leaves_little_open() -> None:
    assert exposure(DEPLOY / "kuotu.service") <= MOST / 10


@needs_systemd
def test_the_devices_of_a_card_open_little_more(installed: Path) -> None:
    without = exposure(DEPLOY / "kuotu.service")
    assert without < exposure(installed) <= MOST / 10


@needs_systemd
def test_systemd_understands_every_line(installed: Path) -> None:
    """systemd reports an unknown line on stderr and does not fail."""
    verified = analyze("verify", "--man=no", str(installed))
    assert (verified.returncode, verified.stderr) == (0, "")


@needs_systemd
def test_the_judgement_can_fail(tmp_path: Path) -> None:
    open_unit = tmp_path / "open.service"
    open_unit.write_text(f"[Service]\nExecStart={sys.executable}\n", "utf-8")
    judged = analyze("security", "--offline=true", "--no-pager", f"--threshold={MOST}", str(open_unit))
    assert judged.returncode != 0


def test_what_the_engines_need_stays_allowed() -> None:
    """numba maps executable memory. Without its cache, each start would compile for a minute."""
    lines = (DEPLOY / "kuotu.service").read_text("utf-8").splitlines()
    settings = [line.partition("=")[0] for line in lines if not line.startswith("#")]
    assert "MemoryDenyWriteExecute" not in settings
    assert "CacheDirectory" in settings
    assert any("NUMBA_CACHE_DIR=%C/kuotu/" in line for line in lines)
