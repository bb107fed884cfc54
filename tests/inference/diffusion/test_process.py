"""The diffusion engine runs in an engine process and in the command line, and is imported nowhere else."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from inference.engine import Cancelled, EngineName, EngineUnavailable, Reads, ignore
from inference.image.codec import encode_master
from inference.image.mosaic import Mosaic
from inference.registry import open_engine
from inference.worker.checks import NO_CLASSIFIER, Checks
from inference.worker.process import EngineProcess
from inference.worker.protocol import Order
from tests.support.tiny import request_for


def python(code: str) -> str:
    """Return what a new interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


PHOTO = request_for("coffee", 120)
DOINGS = [
    "import bot.__main__, bot.bootstrap, bot.jobs.expansions",
    "from bot.settings import Settings; Settings(safety='org/name')",
    "from bot.settings import Settings; Settings(surprise='org/name')",
    "from inference.registry import open_guess; open_guess()",
    "import bot.cli.doctor, inference.worker.child",
    "open_engine(EngineName.AUTO, '?cache=/nonexistent')",
    "open_engine(EngineName.PATCHMATCH)",
]


def test_torch_is_imported_by_nothing_else() -> None:
    """One interpreter does everything that needs no torch, and says after each what it has imported by then."""
    imports = "import sys; from inference.engine import *; from inference.registry import *"
    heavy = "print([name for name in ('torch', 'diffusers', 'transformers') if name in sys.modules])"
    told = python("\n".join([imports, heavy, *(f"{doing}; {heavy}" for doing in DOINGS)]))
    assert dict(zip(["the registry", *DOINGS], told.splitlines(), strict=True)) == dict.fromkeys(
        ["the registry", *DOINGS], "[]"
    )


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


@pytest.fixture(scope="module")
async def process(tiny_presets: Path) -> AsyncIterator[EngineProcess]:
    """An engine process with places for four variants; it takes ten seconds to import what the engine needs."""
    checks = Checks(gate=False, classifier=NO_CLASSIFIER)
    process = EngineProcess(EngineName.DIFFUSION, f"tiny-sd15?presets={tiny_presets}&batch=4", checks=checks)
    yield process
    await process.close()


def ordered(seed: int, *beside: int) -> Order:
    return Order(Mosaic.of(encode_master(PHOTO.photo)), PHOTO.margins, seed=seed, beside=beside)


async def test_in_a_process_of_its_own(process: EngineProcess) -> None:
    info, told = await process.start(), list[float]()
    assert (info.name, info.reads) == ("diffusion", Reads.ENGLISH)

    def stop(fraction: float) -> None:
        if fraction > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        await process.expand(ordered(3), stop)
    outcome = await process.expand(ordered(3), told.append)
    again = await process.expand(ordered(3), ignore)
    assert len(told) > 4
    assert again.growth == outcome.growth
    left, top, right, bottom = PHOTO.margins.box(PHOTO.extent)
    master = outcome.growth.of(ordered(3).photo, PHOTO.margins).pixels()
    assert np.array_equal(master[top:bottom, left:right], PHOTO.photo)


async def test_variants_that_wait_are_painted_in_the_call_of_the_first(
    process: EngineProcess, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    alone = [(await process.expand(ordered(seed), ignore)).growth for seed in (4, 5, 6)]
    caplog.clear()
    first, second, third = [
        await process.expand(order, ignore) for order in (ordered(4, 5, 6), ordered(5, 6), ordered(6))
    ]
    assert [first.growth, second.growth, third.growth] == alone
    assert first.recipe["key"] == second.recipe["key"]
    assert " batch=4 " in second.recipe["key"]
    assert len([line for line in caplog.messages if line.startswith("painting")]) == 1


def test_a_model_that_is_not_here_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="run: kuotu pull sd15"):
        open_engine(EngineName.DIFFUSION, f"sd15?cache={tmp_path}")
