"""`kuotu demo`, as `make demo` runs it: whole conversations with nobody at the keyboard."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

from tests.support.limits import HANG
from tests.support.photos import ROOT

SCENES = ("Ann, alone with the bot", "小梅，中文", "A group", "Bad input")


def test_the_conversations_and_their_pictures_are_there_to_look_at(tmp_path: Path) -> None:
    surroundings = os.environ | {"KUOTU_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "demo"],
        cwd=tmp_path,
        env=surroundings,
        timeout=HANG,
        capture_output=True,
        text=True,
        check=True,
    )
    demo = tmp_path / "data" / "demo"
    transcript = (demo / "transcript.md").read_text("utf-8")
    assert [scene for scene in SCENES if f"## {scene}" not in transcript] == []
    assert "Something went wrong" not in transcript
    pictures = sorted((demo / "pictures").iterdir())
    assert len(pictures) >= 20
    assert f"{len(pictures)} pictures in" in ran.stdout
    for path in pictures:
        with Image.open(path) as picture:
            picture.verify()
