"""A transformers classifier replaces the shipped one: tiny and untrained, opened by the production code."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForImageClassification

from inference.engine import EngineUnavailable
from inference.registry import open_classifier
from inference.safety.transformers_classifier import LOOK, TransformersClassifier, locate
from inference.safety.verdict import Level, Scores, Thresholds, check, looks
from tests.support.tiny import request_for, save_classifier

PHOTO = request_for("coffee", 300).photo
SQUARE = PHOTO[:200, :200]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_classifier(tmp_path_factory.mktemp("classifier"), "normal", "nsfw", "sexy")


def described(folder: Path, *classes: str) -> str:
    """Return a folder that contains only the description of a classifier's classes."""
    (folder / "config.json").write_text(json.dumps({"id2label": dict(enumerate(classes))}), "utf-8")
    return str(folder)


def test_it_scores_what_the_model_says(folder: Path) -> None:
    classifier = open_classifier(str(folder))
    look = looks(SQUARE, LOOK)[0]
    shown = AutoImageProcessor.from_pretrained(folder, backend="pil")(Image.fromarray(look), return_tensors="pt")
    with torch.inference_mode():
        logits = AutoModelForImageClassification.from_pretrained(folder)(**shown).logits
    _normal, nsfw, sexy = logits[0].softmax(0).tolist()
    found = classifier.scores(SQUARE)
    assert (found.explicit, found.suggestive) == (pytest.approx(nsfw), pytest.approx(sexy))
    assert found != classifier.scores(255 - SQUARE)


def test_classes_that_exclude_nothing_are_scored_each_for_itself(tmp_path: Path) -> None:
    save_classifier(tmp_path, "porn", "sexy", problem_type="multi_label_classification")
    (found,) = TransformersClassifier(str(tmp_path)).classes([SQUARE])
    assert sum(found.values()) != pytest.approx(1)


def test_the_worst_of_all_looks_counts(folder: Path) -> None:
    classifier = TransformersClassifier(str(folder))
    found = classifier.classes(looks(PHOTO, LOOK))
    assert len(found) == 3
    assert classifier.scores(PHOTO).explicit == max(classes["nsfw"] for classes in found)


def test_its_decisions_and_what_it_counts_are_logged(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        verdict = check(SQUARE, TransformersClassifier(str(folder)), Thresholds(unsure=0.0, unsafe=1.01))
    assert verdict.level is Level.UNSURE
    assert f"pictures are checked by {folder}: explicit: nsfw; suggestive: sexy" in caplog.messages
    assert f"unsure by {folder}: {verdict.reason}" in caplog.messages


@pytest.mark.parametrize(
    ("classes", "explicit", "suggestive"),
    [
        pytest.param(["normal", "nsfw"], {"nsfw"}, set(), id="two"),
        pytest.param(["SFW", "NSFW"], {"NSFW"}, set(), id="capitals"),
        pytest.param(
            ["drawings", "hentai", "neutral", "porn", "sexy"], {"hentai", "porn"}, {"sexy"}, id="the usual five"
        ),
        pytest.param(
            ["Anime Picture", "Hentai", "Normal", "Pornography", "Enticing or Sensual"],
            {"Hentai", "Pornography"},
            {"Enticing or Sensual"},
            id="phrases",
        ),
        pytest.param(["non-porn", "not_nsfw", "porn"], {"porn"}, set(), id="denied"),
    ],
)
def test_classes_count_by_their_names(
    tmp_path: Path, classes: list[str], explicit: set[str], suggestive: set[str]
) -> None:
    found = locate(described(tmp_path, *classes))
    assert (found.explicit, found.suggestive) == (explicit, suggestive)


def test_an_operator_says_which_classes_count(tmp_path: Path) -> None:
    found = locate(described(tmp_path, "neutral", "low", "medium", "high") + "?explicit=medium,high&suggestive=low")
    assert found.scores({"neutral": 0.1, "low": 0.2, "medium": 0.3, "high": 0.4}) == Scores(pytest.approx(0.7), 0.2)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param("", r"\(cat, dog\) are explicit is not clear; say it: .*\?explicit=dog$", id="nothing explicit"),
        pytest.param("?explicit=cow", "has no class cow; it has cat, dog$", id="no such class"),
        pytest.param("?explicit=dog&threshold=2", "option threshold: Extra inputs", id="no such option"),
        pytest.param("?explicit", r"options are written \?explicit=high,medium$", id="no value"),
    ],
)
def test_what_cannot_be_understood_is_one_sentence(tmp_path: Path, options: str, reason: str) -> None:
    with pytest.raises(EngineUnavailable, match=reason):
        locate(described(tmp_path, "cat", "dog") + options)


def test_a_classifier_that_is_not_here_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="org/name is not on this machine; run: kuotu pull --safety"):
        locate(f"org/name?cache={tmp_path}")


def empty(folder: Path) -> str:
    (folder / "config.json").unlink()
    return "has no config.json that names classes"


def cut_off(folder: Path) -> str:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:2000])
    return "cannot be loaded"


def pickled(folder: Path) -> str:
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    return "cannot be loaded"


@pytest.mark.parametrize("damage", [empty, cut_off, pickled])
def test_a_classifier_that_cannot_be_loaded_is_one_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], str]
) -> None:
    reason = damage(save_classifier(tmp_path, "normal", "nsfw"))
    with pytest.raises(EngineUnavailable, match=reason) as caught:
        open_classifier(str(tmp_path))
    assert "\n" not in str(caught.value)
    assert ("Traceback" in caplog.text) == (damage is not empty)


def test_pictures_of_any_shape_are_looked_at(folder: Path) -> None:
    classifier = TransformersClassifier(str(folder))
    for shape in ((1, 1), (3, 40), (40, 3)):
        assert 0 <= classifier.scores(np.zeros((*shape, 3), np.uint8)).explicit <= 1
