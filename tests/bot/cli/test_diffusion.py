"""`kuotu expand` with the diffusion engine: every preset's tiny pipeline, loaded like a real one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.support.command import Run
from tests.support.photos import pixels, small_photo
from tests.support.tiny import NAMES


@pytest.fixture(autouse=True)
def _ungated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate is off, because these models are untrained and paint noise."""
    monkeypatch.setenv("KUOTU_GATE", "false")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "cat.png"
    path.write_bytes(small_photo(longest=96))
    return path


def words(model: str, *options: str) -> list[str]:
    return ["--engine", "diffusion", "--model", model, "--json", *options]


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_makes_a_file_with_the_very_photo_in_it(
    run: Run, picture: Path, tmp_path: Path, tiny_presets: Path, name: str
) -> None:
    model, out, again = f"{name}?presets={tiny_presets}", tmp_path / "out.png", tmp_path / "again.png"
    options = words(model, "--scale", "1.25", "--style", "wild", "--prompt", "a lighthouse")
    code, told, _ = run("expand", picture, "-o", out, *options, "--seed", "5")
    facts = json.loads(told)
    assert (code, facts["engine"], facts["style"], facts["seed"]) == (0, "diffusion", "wild", 5)
    photo, canvas = pixels(picture), pixels(out)
    left, top, right, bottom = facts["margins"]
    assert canvas.shape[:2] == (photo.shape[0] + top + bottom, photo.shape[1] + left + right)
    assert canvas.shape[1::-1] == (facts["width"], facts["height"]) == (120, 80)
    assert np.array_equal(canvas[top:, left:][: photo.shape[0], : photo.shape[1]], photo)
    if not name.endswith("-nf4"):  # on a processor, what these load is whole and the same as without 4 bits
        run("expand", picture, "-o", again, *options, "--seed", "5")
        assert np.array_equal(pixels(again), canvas)


def test_another_seed_makes_another_picture(run: Run, picture: Path, tmp_path: Path, tiny_presets: Path) -> None:
    options, outs = words(f"tiny-sd15?presets={tiny_presets}"), [tmp_path / "five.png", tmp_path / "six.png"]
    for out, seed in zip(outs, ("5", "6"), strict=True):
        run("expand", picture, "-o", out, *options, "--seed", seed)
    assert not np.array_equal(*map(pixels, outs))


@pytest.mark.parametrize(
    ("options", "size", "margins"),
    [
        pytest.param("--direction left --scale 2", (192, 64), [96, 0, 0, 0], id="left, in two passes"),
        pytest.param("--direction right --scale 4", (384, 64), [0, 0, 288, 0], id="right, in four"),
        pytest.param("--direction up", (96, 96), [0, 32, 0, 0], id="up"),
        pytest.param("--direction down --scale 1.05", (96, 67), [0, 0, 0, 3], id="down, a little"),
        pytest.param("--direction horizontal", (144, 64), [24, 0, 24, 0], id="horizontal"),
        pytest.param("--direction vertical", (96, 96), [0, 16, 0, 16], id="vertical"),
        pytest.param("--ratio 1:1", (96, 96), [0, 16, 0, 16], id="square"),
        pytest.param("--ratio 16:9 --direction left", (114, 64), [18, 0, 0, 0], id="wide, at the left"),
        pytest.param("--margins 1,0,7,30", (104, 94), [1, 0, 7, 30], id="margins"),
    ],
)
def test_every_canvas_that_the_command_knows(
    run: Run, picture: Path, tmp_path: Path, tiny_presets: Path, options: str, size: tuple[int, int], margins: list[int]
) -> None:
    out = tmp_path / "out.png"
    code, told, _ = run("expand", picture, "-o", out, *words(f"tiny-sd15?presets={tiny_presets}"), *options.split())
    facts, photo, canvas = json.loads(told), pixels(picture), pixels(out)
    assert (code, facts["margins"], canvas.shape[1::-1]) == (0, margins, size)
    left, top, _, _ = margins
    assert np.array_equal(canvas[top:, left:][: photo.shape[0], : photo.shape[1]], photo)


def test_a_model_that_cannot_be_loaded_is_one_line_and_leaves_no_file(
    run: Run, picture: Path, tmp_path: Path, tiny_presets: Path
) -> None:
    folder = shutil.copytree(tiny_presets.parent / "sd15", tmp_path / "sd15")
    (folder / "vae" / "config.json").write_text("{", "utf-8")
    code, told, complaints = run("expand", picture, "-o", tmp_path / "out.png", *words(str(folder)))
    assert (code, told, (tmp_path / "out.png").exists()) == (2, "", False)
    assert complaints.splitlines()[-1].startswith(f"kuotu: {picture}: {folder} cannot be loaded (")
