"""Folders of films that a killed process has left are deleted at the next start, and no others."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from inference.film.scratch import scratch_folder, sweep_scratch_folders


def test_only_folders_of_processes_that_run_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.run((sys.executable, "-c", "import os; print(os.getpid())"), capture_output=True, check=True)
    left = [tmp_path / f"kuotu-film-{int(ended.stdout)}-a", tmp_path / "kuotu-film-oldname"]
    others = [tmp_path / "kuotu-film-1-init", tmp_path / "something else"]
    for folder in (*left, *others):
        folder.mkdir()
        (folder / "film.mp4").write_bytes(b"a film")
    with scratch_folder() as mine:
        assert sorted(sweep_scratch_folders()) == sorted(left)
        assert sorted(tmp_path.iterdir()) == sorted([*others, mine])
    assert sorted(tmp_path.iterdir()) == sorted(others)
