"""A CLIP chosen by a setting: tiny, untrained or with colour weights, opened by the production code."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPModel, CLIPTextConfig, CLIPTextModel

from inference.canvas import Margins
from inference.engine import EngineName, EngineUnavailable, ignore
from inference.image.codec import encode_master
from inference.image.mosaic import Mosaic
from inference.registry import open_guess
from inference.surprise.clip import Clip, ClipChoice, locate
from inference.surprise.semantic import strangeness
from inference.surprise.statistics import Measures, surprise
from inference.worker.checks import NO_CLASSIFIER, Checks
from inference.worker.process import EngineProcess
from inference.worker.protocol import Order
from tests.support.tiny import request_for, save_classifier, save_clip

REQUEST = request_for("coffee", 120)
OPENER = "tests.support.engines:open_engine"
MARGINS = Margins(48, 32, 48, 32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return Clip(str(save_clip(tmp_path_factory.mktemp("colours"), colours=True)))


def test_it_sees_what_the_model_sees(folder: Path) -> None:
    picture = REQUEST.photo[:32, :32]
    model = CLIPModel.from_pretrained(folder).eval()
    mean, deviation = torch.tensor([0.4815, 0.4578, 0.4082]), torch.tensor([0.2686, 0.2613, 0.2758])
    shown = ((torch.tensor(picture) / 255 - mean) / deviation).permute(2, 0, 1)[None]
    with torch.inference_mode():
        seen = model.visual_projection(model.vision_model(pixel_values=shown).pooler_output)[0].numpy()
    (found,) = Clip(str(folder)).encode([picture])
    assert found == pytest.approx(seen / np.linalg.norm(seen), abs=1e-3)


def test_the_same_pictures_give_the_same_vectors_and_others_others(folder: Path) -> None:
    some, again, other = Clip(str(folder)).encode([REQUEST.photo, REQUEST.photo, 255 - REQUEST.photo])
    assert np.array_equal(some, again)
    assert some @ other < 0.99
    assert np.linalg.norm([some, other], axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_what_looks_alike_is_less_strange_than_what_does_not(colours: Clip) -> None:
    canvas = np.full((192, 288, 3), (40, 160, 40), np.uint8)
    canvas[:96] = (60, 150, 60)
    photo, flooded = canvas[32:-32, 48:-48], canvas.copy()
    flooded[:, :48] = (200, 30, 60)
    natural, strange = (strangeness(photo, shown, MARGINS, colours.encode) for shown in (canvas, flooded))
    assert natural == pytest.approx(0, abs=0.1)
    assert strange > 2


def test_a_vector_that_is_no_number_is_told(folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    damaged = save_clip(tmp_path)
    weights = load_file(damaged / "model.safetensors")
    weights["visual_projection.weight"][:] = float("nan")
    save_file(weights, damaged / "model.safetensors", {"format": "pt"})
    canvas = np.random.default_rng(0).integers(0, 256, (192, 288, 3), np.uint8)
    photo = canvas[32:-32, 48:-48]
    assert open_guess(str(damaged))(photo, canvas, MARGINS) == surprise(photo, canvas, MARGINS)
    assert "not finite" in caplog.text


def absent_description(folder: Path) -> str:
    (folder / "config.json").unlink()
    return "has no config.json that says what it is"


def broken_description(folder: Path) -> str:
    (folder / "config.json").write_text("[", "utf-8")
    return "has no config.json that says what it is"


def pickled(folder: Path) -> str:
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    return "has no model.safetensors, and Kuotu loads no pickles; run: kuotu pull --surprise, or name another CLIP$"


def another(folder: Path) -> str:
    save_classifier(folder, "sfw", "nsfw")
    return "is a vit; name a CLIP, such as "


def only_words(folder: Path) -> str:
    shape = CLIPTextConfig(vocab_size=16, hidden_size=16, num_hidden_layers=1, num_attention_heads=2)
    CLIPTextModel(shape).save_pretrained(folder)
    return "is a clip_text_model; name a CLIP, such as "


def cut_off(folder: Path) -> str:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:2000])
    return "cannot be loaded"


def incomplete(folder: Path) -> str:
    weights = load_file(folder / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return r"cannot be loaded \(its weights lack visual_projection.weight\); run: kuotu pull --surprise$"


def without_processor(folder: Path) -> str:
    (folder / "preprocessor_config.json").unlink()
    return "cannot be loaded"


@pytest.mark.parametrize(
    "damage",
    [absent_description, broken_description, pickled, another, only_words, cut_off, incomplete, without_processor],
)
def test_what_is_no_clip_or_cannot_be_loaded_is_one_sentence(tmp_path: Path, damage: Callable[[Path], str]) -> None:
    reason = damage(save_clip(tmp_path))
    with pytest.raises(EngineUnavailable, match=reason) as caught:
        open_guess(str(tmp_path))
    assert str(caught.value).startswith(f"KUOTU_SURPRISE={tmp_path}")
    assert "\n" not in str(caught.value)


def test_a_curve_is_read_and_shown(tmp_path: Path) -> None:
    located = locate(f"{save_clip(tmp_path)}?weight=8&offset=-4.5")
    assert located.choice.reason.weights == {"strange": 8.0}
    assert located.choice.reason.offset == -4.5
    assert str(located) == f"{tmp_path}; weight 8, offset -4.5"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param("weight=0", "option weight: Input should be greater than 0", id="no weight"),
        pytest.param("offset=nan", "option offset: Input should be less than or equal to 100", id="no number"),
        pytest.param("worth=2", r"option worth: Extra .*\(the options are revision, cache, weight,", id="unknown"),
        pytest.param("weight", r"options are written \?weight=8&offset=-5$", id="no value"),
    ],
)
def test_an_option_that_cannot_be_is_one_sentence(options: str, reason: str) -> None:
    with pytest.raises(EngineUnavailable, match=f"^KUOTU_SURPRISE=org/name.*{reason}"):
        ClipChoice.parse(f"org/name?{options}")


@pytest.mark.parametrize("strange", [-5.0, 5.0])
@pytest.mark.parametrize("options", ["weight=100&offset=100", "weight=100&offset=-100", "weight=0.01"])
def test_no_curve_fails(options: str, strange: float) -> None:
    measures = Measures(copied=0, misplaced=0, foreign=0, broken=0, faded=0, strange=strange)
    assert 0 <= ClipChoice.parse(f"org/name?{options}").reason.surprise(measures) <= 1


async def test_in_the_engine_process(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    checks = Checks(gate=False, classifier=NO_CLASSIFIER, surprise=f"{folder}?offset=50")  # strange whatever is seen
    process = EngineProcess(EngineName.PATCHMATCH, opener=OPENER, checks=checks)
    photo = Mosaic.of(encode_master(REQUEST.photo))
    try:
        with caplog.at_level(logging.INFO):
            outcome = await process.expand(Order(photo, REQUEST.margins, prompt="mirror"), ignore)
        doubled = await process.expand(Order(photo, doubles=True), ignore)
    finally:
        await process.close()
    alone = surprise(REQUEST.photo, outcome.growth.of(photo, REQUEST.margins).pixels(), REQUEST.margins)
    assert outcome.surprise == pytest.approx(1 - (1 - alone) * 0.1, abs=2e-4)
    assert doubled.surprise is None
    assert f"surprise is guessed with {folder} at {folder}; weight 10, offset 50" in caplog.messages


async def test_an_engine_does_not_start_without_the_clip_that_was_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}), "utf-8")
    process = EngineProcess(EngineName.PATCHMATCH, opener=OPENER, checks=Checks(surprise=str(tmp_path)))
    with pytest.raises(EngineUnavailable, match=f"^KUOTU_SURPRISE={tmp_path} is a bert; name a CLIP"):
        await process.start()
    await process.close()
