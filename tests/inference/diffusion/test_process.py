"""The diffusion engine runs in an engine process and in the command line, and is imported nowhere else."""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.engine import Cancelled, EngineName, EngineUnavailable, ignore
from inference.image.codec import decode, encode_master
from inference.registry import open_engine
from inference.worker.checks import NO_CLASSIFIER, Checks
from inference.worker.process import EngineProcess
from inference.worker.protocol import Order
from tests.support.tiny import request_for


def python(code: str) -> str:
    """Return what a new interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


WEIGHT = "[name for name in ('torch', 'diffusers', 'transformers') if name in sys.modules]"


@pytest.mark.parametrize(
    "doing",
    [
        pytest.param("import bot.__main__, bot.bootstrap, bot.jobs.expansions", id="the program"),
        pytest.param("from bot.settings import Settings; Settings(safety='org/name')", id="a classifier by setting"),
        pytest.param("from bot.settings import Settings; Settings(surprise='org/name')", id="a CLIP by setting"),
        pytest.param("from inference.registry import open_guess; open_guess()", id="a guess by statistics"),
        pytest.param("import bot.cli.doctor, inference.worker.child", id="the doctor and the engine process"),
        pytest.param("open_engine(EngineName.AUTO, '?cache=/nonexistent')", id="auto without a model"),
        pytest.param("open_engine(EngineName.PATCHMATCH)", id="patchmatch"),
    ],
)
def test_torch_is_imported_by_nothing_else(doing: str) -> None:
    imports = "import sys; from inference.engine import *; from inference.registry import *"
    assert python(f"{imports}; {doing}; print({WEIGHT})") == "[]"


def test_without_the_extra_there_is_a_sentence_and_auto_does_without() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from inference.engine import *\nfrom inference.registry import *\n"
        "print(open_engine(EngineName.AUTO).name)\n"
        "try: open_engine(EngineName.DIFFUSION)\n"
        "except EngineUnavailable as error: print(error)\n"
    )
    auto, sentence = python(code).splitlines()
    assert auto == "patchmatch"
    assert sentence.startswith("KUOTU_ENGINE=diffusion needs torch: .venv/bin/pip install")


def test_without_the_extra_a_clip_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "clip"}', "utf-8")
    (tmp_path / "model.safetensors").touch()
    sentence = python(
        "import sys; sys.modules['torch'] = None\n"
        "from inference.engine import *\nfrom inference.registry import *\n"
        f"try: open_guess({str(tmp_path)!r})\n"
        "except EngineUnavailable as error: print(error)\n"
    )
    assert sentence.startswith(f"KUOTU_SURPRISE={tmp_path} needs torch: .venv/bin/pip install")


async def test_in_a_process_of_its_own(tiny_presets: Path) -> None:
    model = f"tiny-sd15?presets={tiny_presets}"
    process = EngineProcess(EngineName.DIFFUSION, model, checks=Checks(gate=False, classifier=NO_CLASSIFIER))
    try:
        info = await process.start()
        assert (info.name, info.reads_words) == ("diffusion", True)
        request, told = request_for("coffee", 120), list[float]()
        order = Order(encode_master(request.photo), request.margins, seed=request.seed)

        def stop(fraction: float) -> None:
            if fraction > 0.4:
                raise Cancelled

        with pytest.raises(Cancelled):
            await process.expand(order, stop)
        outcome = await process.expand(order, told.append)
        again = await process.expand(order, ignore)
    finally:
        await process.close()
    assert len(told) > 4
    assert again.master == outcome.master
    left, top, right, bottom = request.margins.box(request.extent)
    assert np.array_equal(decode(outcome.master)[top:bottom, left:right], request.photo)


async def test_variants_that_wait_are_painted_in_the_call_of_the_first(
    tiny_presets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    checks, opener = Checks(gate=False, classifier=NO_CLASSIFIER), "tests.support.tiny_engines:open_engine"
    process = EngineProcess(EngineName.DIFFUSION, str(tiny_presets), checks=checks, opener=opener)
    request = request_for("coffee", 120)
    order = Order(encode_master(request.photo), request.margins, prompt="tiny-flux-fill?batch=4")
    orders = [replace(order, seed=seed) for seed in (4, 5, 6)]
    try:
        alone = [(await process.expand(order, ignore)).master for order in orders]
        caplog.clear()
        first = await process.expand(replace(orders[0], beside=(5, 6)), ignore)
        second = await process.expand(replace(orders[1], beside=(6,)), ignore)
        third = await process.expand(orders[2], ignore)
    finally:
        await process.close()
    assert [first.master, second.master, third.master] == alone
    assert first.recipe["key"] == second.recipe["key"]
    assert " batch=4 " in second.recipe["key"]
    assert len([line for line in caplog.messages if line.startswith("painting")]) == 1


def test_a_model_that_is_not_here_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="run: kuotu pull sd15"):
        open_engine(EngineName.DIFFUSION, f"sd15?cache={tmp_path}")
