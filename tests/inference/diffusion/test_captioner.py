"""Captions of photos, by an untrained Florence-2 of the real classes and by a captioner that says the same of all."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.diffusion.captioner import Captioner, Scenery, open_scenery
from inference.diffusion.checkpoint import Checkpoint
from inference.diffusion.engine import Diffusion, open_diffusion
from inference.engine import Cancelled, EngineUnavailable, Pixels, Report, Style, ignore
from tests.support.tiny import Opened, request_for

REQUEST = request_for("coffee", 120)
SAID = "A woman in front of a cup on a wooden table. In the background there is a stone wall."


class Saying:
    """A captioner that says the same of every photo, and counts them."""

    def __init__(self, words: str) -> None:
        self.words, self.asked = words, 0

    def __call__(self, photo: Pixels, report: Report) -> str:
        self.asked += 1
        report(0.0)
        return self.words


class Overheard:
    """A pipeline that notes the prompts of its calls."""

    def __init__(self, pipeline: Any, prompts: list[str]) -> None:
        vars(self).update(_pipeline=pipeline, _prompts=prompts)

    def __call__(self, **asked: Any) -> Any:
        self._prompts.extend(asked["prompt"])
        return self._pipeline(**asked)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipeline, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._pipeline, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._pipeline, name)


@pytest.fixture(scope="module")
def captioner(tiny_presets: Path) -> Captioner:
    return Captioner(tiny_presets.parent / "florence")


def test_the_model_writes_the_same_of_the_same_photo(captioner: Captioner) -> None:
    told = list[float]()
    first = captioner(REQUEST.photo, told.append)
    assert isinstance(first, str)
    assert len(told) > 1
    assert captioner(REQUEST.photo.copy(), ignore) == first


def test_captioning_can_be_cancelled(captioner: Captioner) -> None:
    def leave(_fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        captioner(REQUEST.photo, leave)


def test_a_photo_is_captioned_once(captioner: Captioner) -> None:
    saying = Saying(SAID)
    scenery, other = Scenery(saying), np.ascontiguousarray(REQUEST.photo[::-1])
    assert [scenery.of(photo, ignore) for photo in (REQUEST.photo, other, REQUEST.photo.copy())] == [SCENE] * 3
    assert saying.asked == 2


SCENE = "wooden table, stone wall"


@pytest.fixture
def prompts(tiny_engine: Opened) -> tuple[Diffusion, list[str], Saying]:
    """An engine with a captioner that says SAID, and the prompts that its pipeline gets."""
    plain, saying, seen = tiny_engine("tiny-captioned"), Saying(SAID), list[str]()
    overheard = Overheard(plain.pipeline, seen)
    engine = Diffusion(plain.checkpoint, plain.card, plain.mode, loader=lambda *_asked: overheard, captions=saying)
    return engine, seen, saying


def test_the_prompt_ends_with_the_scenery_and_begins_with_the_persons_words(
    prompts: tuple[Diffusion, list[str], Saying],
) -> None:
    engine, seen, saying = prompts
    painted = engine.expand(REQUEST, ignore)
    assert seen == [f"a photo, high quality, {SCENE}"]
    assert painted.recipe["scenery"] == SCENE
    engine.expand(replace(REQUEST, prompt="a lighthouse"), ignore)
    assert seen[-1] == f"a photo, high quality, a lighthouse, {SCENE}"
    engine.expand(replace(REQUEST, style=Style.PLAYFUL), ignore)
    assert seen[-1].endswith(f", {SCENE}")
    assert "scenery" not in engine.expand(replace(REQUEST, style=Style.WILD), ignore).recipe
    assert "table" not in seen[-1]
    assert saying.asked == 1


def test_a_preset_with_captions_loads_the_model_and_names_its_revision(tiny_engine: Opened) -> None:
    engine = tiny_engine("tiny-captioned")
    assert engine.checkpoint.revision == "sd15+florence"
    assert "+florence preset=" in engine.key
    assert engine.expand(REQUEST, ignore).pixels.shape[1::-1] == REQUEST.margins.canvas(REQUEST.extent)
    assert tiny_engine("tiny-sd15").checkpoint.captioner is None


def test_a_captioner_that_was_not_downloaded_is_done_without(
    tiny_engine: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    found = tiny_engine("tiny-captioned").checkpoint
    with caplog.at_level(logging.WARNING):
        assert open_scenery(replace(found, captioner=None)) is None
    assert "is not on this machine; run: kuotu pull tiny-captioned" in caplog.text


def test_a_damaged_captioner_is_one_sentence(tiny_engine: Opened, tmp_path: Path) -> None:
    found: Checkpoint = tiny_engine("tiny-captioned").checkpoint
    assert found.captioner
    damaged = shutil.copytree(found.captioner, tmp_path / "florence")
    (damaged / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(EngineUnavailable, match=r"cannot be loaded .*; run: kuotu pull tiny-captioned"):
        open_scenery(replace(found, captioner=damaged))


def test_an_own_preset_does_without(tiny_presets: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    text = tiny_presets.read_text("utf-8")
    own.write_text(f'{text}\n[mine]\nlike = "tiny-captioned"\ncaptions = false\n', "utf-8")
    assert "scenery" not in open_diffusion(f"mine?presets={own}").expand(REQUEST, ignore).recipe
