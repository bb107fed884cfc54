"""The checks of an expansion in the process that paints it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import cache
from typing import Any, TypeAlias

import pytest

from inference.canvas import Margins
from inference.engine import EngineName, EngineUnavailable, NothingFit, Style, ignore
from inference.image.mosaic import Mosaic
from inference.quality.retry import derived
from inference.safety.verdict import Level, Thresholds
from inference.worker.checks import NO_CLASSIFIER, Checks
from inference.worker.process import EngineProcess
from inference.worker.protocol import Order
from tests.support.photos import SAMPLES

PHOTO = (SAMPLES / "coffee.jpg").read_bytes()
MARGINS = Margins(60, 0, 40, 30)

Opener: TypeAlias = Callable[[Checks], EngineProcess]


@pytest.fixture(scope="module")
async def opened() -> AsyncIterator[Opener]:
    """Return the engine process with the given checks. Its prompts say what to paint (tests/support/engines.py)."""
    async with AsyncExitStack() as stack:

        @cache
        def open_process(checks: Checks) -> EngineProcess:
            opener = "tests.support.engines:open_engine"
            process = EngineProcess(EngineName.PATCHMATCH, "words", opener=opener, checks=checks)
            stack.push_async_callback(process.close)
            return process

        yield open_process


def order(prompt: str, seed: int = 7) -> Order:
    return Order(Mosaic.of(PHOTO), MARGINS, seed=seed, prompt=prompt)


async def test_a_good_picture_has_the_seed_of_its_order_and_is_safe(opened: Opener) -> None:
    outcome = await opened(Checks()).expand(order("mirror"), ignore)
    assert (outcome.seed, outcome.verdict) == (7, Level.SAFE)
    assert outcome.reason.startswith("explicit 0.0")


async def test_the_seed_that_gave_the_picture_crosses_the_pipe_and_gives_it_again(opened: Opener) -> None:
    process = opened(Checks(classifier=NO_CLASSIFIER))
    outcome = await process.expand(order("black at first"), ignore)
    assert outcome.seed == derived(7, 1)
    again = await process.expand(order("black at first", outcome.seed), ignore)
    assert (again.seed, again.growth) == (outcome.seed, outcome.growth)


async def test_noise_around_a_photo_is_a_failed_order_and_the_process_lives_on(opened: Opener) -> None:
    process = opened(Checks(classifier=NO_CLASSIFIER))
    with pytest.raises(NothingFit, match="nothing fit to be seen in 3 attempts: noise at the left"):
        await process.expand(order(""), ignore)
    assert await process.expand(order("mirror"), ignore)


async def test_beings_surprise_more_in_a_wild_picture_than_in_a_playful_one(opened: Opener) -> None:
    process = opened(Checks(classifier=NO_CLASSIFIER))
    asked = order("beings")
    guesses = [
        (await process.expand(replace(one, style=style), ignore)).surprise
        for one, style in ((order("mirror"), Style.WILD), (asked, Style.PLAYFUL), (asked, Style.WILD))
    ]
    plain, playful, wild = (guess or 0.0 for guess in guesses)
    assert plain < playful < wild


async def test_an_operator_may_have_nothing_checked(opened: Opener) -> None:
    outcome = await opened(Checks(gate=False, classifier=NO_CLASSIFIER)).expand(order(""), ignore)
    assert (outcome.seed, outcome.verdict, outcome.reason) == (7, Level.SAFE, "not checked")


async def test_what_the_process_logs_stands_in_the_log_here(opened: Opener, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await opened(Checks()).expand(order("black at first"), ignore)
    told = {(record.name, record.levelname): record.getMessage() for record in caplog.records}
    assert ", seed 7: black at the left: 0.00, bound 4" in told["inference.quality.retry", "WARNING"]
    decisions = [record.getMessage() for record in caplog.records if record.name == "inference.safety.verdict"]
    assert len(decisions) == 2
    assert all(words.startswith("safe by mobilenet: explicit 0.0") for words in decisions)


async def test_thresholds_decide_and_the_picture_comes_all_the_same(opened: Opener) -> None:
    """The contract of engines has an unsure picture, which needs no process."""
    checks = Checks(gate=False, thresholds=Thresholds(unsure=0.0, unsafe=0.0))
    outcome = await opened(checks).expand(order("mirror"), ignore)
    assert (outcome.verdict, outcome.reason.endswith("from 0 unsafe")) == (Level.UNSAFE, True)
    assert outcome.growth.pieces


async def test_an_unknown_classifier_is_known_before_the_first_order(opened: Opener) -> None:
    with pytest.raises(EngineUnavailable, match=r"^KUOTU_SAFETY=oracle is not on this machine"):
        await opened(Checks(classifier="oracle")).start()


@pytest.mark.parametrize(
    "knobs",
    [
        {},
        {"gate": False},
        {"classifier": NO_CLASSIFIER, "thresholds": Thresholds(0.1, 0.2, 0.3), "surprise": "org/name"},
    ],
)
def test_checks_survive_a_command_line(knobs: dict[str, Any]) -> None:
    assert Checks.from_json(Checks(**knobs).to_json()) == Checks(**knobs)
