"""`kuotu prove` on a tiny pipeline writes a table and a page with pictures, and continues an interrupted run."""

from __future__ import annotations

import json
from pathlib import Path

from inference.image.codec import decode
from tests.support.command import Run


def test_a_model_is_proven_and_what_did_not_run_is_listed(run: Run, tiny_presets: Path, tmp_path: Path) -> None:
    out, model = tmp_path / "proof", f"tiny-sd15?presets={tiny_presets}"
    missing = f"sd15?cache={tmp_path}"
    arguments = ("prove", model, missing, "--out", out, "--side", "96", "--minutes", "5")
    code, told, _ = run(*arguments)
    assert code == 0
    rows = {row["what"]: row for row in json.loads((out / "prove.json").read_text("utf-8"))}
    modes = ["mode resident", "mode fp8", "mode offload", "mode group"]
    assert list(rows) == [*modes, "batch of 2", "the model repaints 16 px of the photo"]
    assert all(rows[mode]["repeats"] and rows[mode]["painted"] > 0 and not rows[mode]["problem"] for mode in modes)
    assert rows["batch of 2"]["alone"]
    assert rows["mode resident"]["gate"].startswith("ignored")  # the model is untrained
    assert rows["the model repaints 16 px of the photo"]["seam"] > 0
    page = (out / "prove.html").read_text("utf-8")
    assert "run: kuotu pull sd15" in page
    assert "run: kuotu pull sd15" in told
    sheet = out / "tiny-sd15--the-model-repaints-16-px-of-the-photo.jpg"
    assert sheet.name in page
    assert decode(sheet.read_bytes()).shape[0] > 3 * 90  # three photos, one under the other
    _, told, _ = run(*arguments)
    assert "what mode" not in told


def test_without_time_nothing_runs_and_that_is_said(run: Run, tiny_presets: Path, tmp_path: Path) -> None:
    code, told, _ = run("prove", f"tiny-sd15?presets={tiny_presets}", "--out", tmp_path, "--minutes", "-1")
    assert code == 0
    assert "did not run: tiny-sd15" in told
    assert "no time was left" in (tmp_path / "prove.html").read_text("utf-8")
