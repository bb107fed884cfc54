"""An engine in its own process, in normal and failing cases."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from inference.beings.bank import open_bank
from inference.canvas import Extent, Margins
from inference.engine import Cancelled, EngineError, EngineName, EngineUnavailable, Reads, Style, ignore
from inference.image.codec import decode, extent
from inference.image.mosaic import Mosaic
from inference.image.refusal import BadPhoto, Reason
from inference.worker.checks import NO_CLASSIFIER, Checks
from inference.worker.process import EngineProcess
from inference.worker.protocol import Order
from tests.support.limits import HANG
from tests.support.photos import SAMPLES, small_photo

PHOTO = (SAMPLES / "coffee.jpg").read_bytes()
ORDER = Order(Mosaic.of(PHOTO), Margins(40, 30, 20, 10), Style.PLAYFUL, seed=7)
OPENER = "tests.support.engines:open_engine"
NO_CHECKS = Checks(gate=False, classifier=NO_CLASSIFIER)  # noise around a photo is what these engines paint


def engine_process(model: str = "noise", *, time_limit: float = HANG, grace: float = HANG) -> EngineProcess:
    return EngineProcess(
        EngineName.PATCHMATCH, model, time_limit=time_limit, grace=grace, opener=OPENER, checks=NO_CHECKS
    )


@pytest.fixture(scope="module")
async def lasting() -> AsyncIterator[EngineProcess]:
    process = engine_process()
    yield process
    await process.close()


@pytest.fixture
async def process(lasting: EngineProcess) -> EngineProcess:
    """An open process that has carried out the orders of other tests; whatever they did to it, it is ready again."""
    await lasting.start()
    return lasting


def asking(prompt: str) -> Order:
    return replace(ORDER, prompt=prompt)


def name(process: EngineProcess) -> str:
    """Return a name that differs between a process and its successor."""
    assert process.info
    return process.info.name


async def test_the_engine_is_introduced() -> None:
    process = engine_process("words")
    info = await process.start()
    assert info.name.startswith("noise ")
    assert (info.model, info.reads) == ("words", Reads.ENGLISH)
    assert await process.start() is info  # open already
    await process.close()


async def test_each_style_may_have_an_engine_of_its_own() -> None:
    process = EngineProcess("faithful=patchmatch, patchmatch, wild=words", "noise", opener=OPENER, checks=NO_CHECKS)
    info = await process.start()
    assert [info.for_style(style).model for style in Style] == ["", "noise", "words"]
    assert [info.for_style(style).reads for style in Style] == [Reads.NOTHING, Reads.NOTHING, Reads.ENGLISH]
    assert (info.models, info.devices) == ("noise+words", 1)
    recipes = [(await process.expand(replace(ORDER, style=style), ignore)).recipe for style in Style]
    assert [recipe["reads"] for recipe in recipes] == ["nothing", "nothing", "en"]
    await process.close()


async def test_an_engine_on_offer_paints_what_it_was_chosen_for() -> None:
    process = EngineProcess(EngineName.PATCHMATCH, offer="patchmatch, words", opener=OPENER, checks=NO_CHECKS)
    info = await process.start()
    assert {name: one.model for name, one in info.offered.items()} == {"patchmatch": "", "words": "words"}
    assert [info.for_style("wild", chosen).model for chosen in ("", "words", "patchmatch", "gone")] == [
        "",
        "words",
        "",
        "",
    ]
    assert info.models == "words"
    orders = [replace(ORDER, engine=chosen) for chosen in ("", "words", "gone")]
    recipes = [(await process.expand(order, ignore)).recipe for order in orders]
    assert [recipe["reads"] for recipe in recipes] == ["nothing", "en", "nothing"]
    await process.close()


async def test_auto_does_not_open_an_engine_on_offer_a_second_time() -> None:
    process = EngineProcess("auto", offer="patchmatch, words", opener=OPENER, checks=NO_CHECKS)
    info = await process.start()
    assert info.for_style("wild").maker == info.offered["patchmatch"].maker  # the panel marks it as chosen
    await process.close()


async def test_a_style_whose_engine_is_not_here_prevents_the_start() -> None:
    process = EngineProcess("faithful=patchmatch, wild=missing", opener=OPENER, checks=NO_CHECKS)
    with pytest.raises(EngineUnavailable, match="no model at /nowhere"):
        await process.start()
    await process.close()


async def test_an_order_becomes_a_master_with_the_photo_bit_for_bit(process: EngineProcess) -> None:
    outcome = await process.expand(ORDER, ignore)
    photo, master = decode(PHOTO), outcome.growth.of(ORDER.photo, ORDER.margins).pixels()
    assert outcome.extent == ORDER.margins.canvas(Extent(600, 400)) == Extent(660, 440)
    assert master.shape == (440, 660, 3)
    assert np.array_equal(master[30:430, 40:640], photo)  # the engine had painted over it
    assert master[:30].std() > 50
    assert extent(outcome.preview) == (660, 440)
    assert extent(outcome.thumb) == (640, 427)
    assert outcome.seconds > 0


async def test_an_order_may_double_instead_whatever_the_engine(process: EngineProcess) -> None:
    seen: list[float] = []
    outcome = await process.expand(Order(Mosaic.of(PHOTO), doubles=True), seen.append)
    assert outcome.extent == (1200, 800)
    assert not outcome.growth.onto
    halved = cv2.resize(Mosaic(outcome.growth.pieces).pixels(), (600, 400), interpolation=cv2.INTER_AREA)
    assert np.array_equal(halved, decode(PHOTO))
    assert outcome.surprise is None
    assert outcome.recipe["key"].startswith("upscale kuotu=")
    assert seen == sorted(seen)
    assert len(set(seen)) >= 5


async def test_doubling_is_cancelled_in_its_midst(process: EngineProcess) -> None:
    before = name(process)
    doubling = Order(Mosaic.of(PHOTO), doubles=True)
    with pytest.raises(Cancelled):
        await process.expand(doubling, lambda fraction: process.cancel() if fraction > 0.1 else None)
    assert (await process.expand(ORDER, ignore)).extent == (660, 440)
    assert name(process) == before


async def test_the_recipe_comes_with_the_picture(process: EngineProcess) -> None:
    assert (await process.expand(ORDER, ignore)).recipe == {"words": ["word-7"], "key": "noise=1", "reads": "nothing"}


async def test_progress_rises_from_start_to_end(process: EngineProcess) -> None:
    seen: list[float] = []
    await process.expand(ORDER, seen.append)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 1)
    assert len(set(seen)) >= 5


async def test_the_same_order_gives_the_same_bytes_in_any_process(process: EngineProcess) -> None:
    other = engine_process()
    first, again, elsewhere = [await each.expand(ORDER, ignore) for each in (process, process, other)]
    await other.close()
    assert first.growth == again.growth == elsewhere.growth
    assert first.preview == elsewhere.preview
    assert (await process.expand(replace(ORDER, seed=8), ignore)).growth != first.growth
    assert (await process.expand(replace(ORDER, style=Style.WILD), ignore)).growth != first.growth


async def test_two_orders_at_once_are_served_in_turn(process: EngineProcess) -> None:
    both = await asyncio.gather(*(process.expand(replace(ORDER, seed=seed), ignore) for seed in (1, 2)))
    assert [outcome.growth for outcome in both] == [
        (await process.expand(replace(ORDER, seed=seed), ignore)).growth for seed in (1, 2)
    ]


async def test_a_cancelled_order_leaves_the_process_in_place(process: EngineProcess) -> None:
    before = name(process)
    with pytest.raises(Cancelled):
        await process.expand(asking("linger"), lambda fraction: process.cancel() if fraction > 0.1 else None)
    assert (await process.expand(ORDER, ignore)).extent == (660, 440)
    assert name(process) == before


async def test_a_report_may_cancel(process: EngineProcess) -> None:
    def report(fraction: float) -> None:
        if fraction > 0.1:
            raise Cancelled

    with pytest.raises(Cancelled):
        await process.expand(asking("linger"), report)
    assert await process.expand(ORDER, ignore)


async def test_cancelling_nothing_does_nothing() -> None:
    process = engine_process()
    process.cancel()
    await process.expand(ORDER, ignore)
    process.cancel()
    assert await process.expand(ORDER, ignore)
    await process.close()


async def test_an_engine_that_hears_no_cancel_is_ended() -> None:
    process = engine_process(grace=0.01)
    await process.start()
    before = name(process)
    with pytest.raises(Cancelled):
        await process.expand(asking("hang"), lambda fraction: process.cancel() if fraction > 0.1 else None)
    assert await process.expand(ORDER, ignore)
    assert name(process) != before
    await process.close()


@pytest.mark.parametrize("steps", [1, 2, 3], ids=["taken", "begun", "opening"])
async def test_an_order_is_cancelled_before_its_process_is_open(steps: int) -> None:
    process = engine_process()
    waiting = asyncio.create_task(process.expand(ORDER, ignore))
    for _ in range(steps):
        await asyncio.sleep(0)  # one step of the event loop
    process.cancel()
    with pytest.raises(Cancelled):
        await waiting
    assert await process.expand(ORDER, ignore)
    await process.close()


async def test_ending_the_waiting_task_cancels_its_order(process: EngineProcess) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    before, begun = name(process), asyncio.Event()
    waiting = asyncio.create_task(process.expand(asking("linger"), lambda fraction: fraction > 0.1 and begun.set()))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await process.expand(ORDER, ignore)
    assert name(process) == before
    gc.collect()
    assert complaints == []  # such as «Task exception was never retrieved»


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        pytest.param("crash", "ended by SIGSEGV", id="crash"),
        pytest.param("leave", "ended with status 3", id="exit"),
        pytest.param("killed", "memory may have run out", id="killed by the kernel"),
        pytest.param("exhaust", "MemoryError: no room for a canvas", id="out of memory"),
    ],
)
async def test_a_lost_process_is_a_failed_order_and_a_new_process(
    process: EngineProcess, prompt: str, reason: str
) -> None:
    before = name(process)
    with pytest.raises(EngineError, match=reason):
        await process.expand(asking(prompt), ignore)
    assert (await process.expand(ORDER, ignore)).extent == (660, 440)
    assert name(process) != before


async def test_a_hang_ends_at_the_time_limit() -> None:
    process = engine_process(time_limit=0.5)
    await process.start()
    before = name(process)
    with pytest.raises(EngineError, match=r"no result within 0\.5 s"):
        await process.expand(asking("hang"), ignore)
    await process.start()  # an order to the new process could reach the limit, too, on a busy machine
    assert name(process) != before
    await process.close()


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        pytest.param("fail", "RuntimeError: shapes differ", id="error in one line"),
        pytest.param("shrink", r"the engine gave uint8 \(400, 600, 3\) for a canvas of 660x440", id="wrong size"),
    ],
)
async def test_an_error_is_told_in_one_line_and_logged_whole(
    process: EngineProcess, prompt: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = name(process)
    with pytest.raises(EngineError, match=rf"^{reason}$"):
        await process.expand(asking(prompt), ignore)
    assert "Traceback" in caplog.text
    assert await process.expand(ORDER, ignore)
    assert name(process) == before


async def test_a_bad_photo_passes_through(process: EngineProcess) -> None:
    with pytest.raises(BadPhoto, match="damaged or cut off") as refusal:
        await process.expand(replace(ORDER, photo=Mosaic.of(PHOTO[:20_000])), ignore)
    assert refusal.value.reason is Reason.TRUNCATED
    assert await process.expand(ORDER, ignore)


async def test_a_process_that_died_in_idleness_is_replaced(process: EngineProcess) -> None:
    before = name(process)
    pid = int(before.split()[1])
    gone = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(gone, ended.set)
    await ended.wait()
    asyncio.get_running_loop().remove_reader(gone)
    os.close(gone)
    for _ in range(2):  # the first may still have been handed to the dead
        try:
            outcome = await process.expand(ORDER, ignore)
        except EngineError:
            continue
    assert outcome.extent == (660, 440)
    assert name(process) != before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signals_to_everybody_leave_the_decision_to_the_parent(
    process: EngineProcess, number: signal.Signals
) -> None:
    before = name(process)
    os.kill(int(before.split()[1]), number)
    assert await process.expand(ORDER, ignore)
    assert name(process) == before


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        pytest.param("missing", "^no model at /nowhere; run kuotu pull$", id="unavailable"),
        pytest.param("broken", "^RuntimeError: the weights have the wrong shape$", id="error"),
        pytest.param("dead", "killed.* while opening", id="killed"),
    ],
)
async def test_an_engine_that_does_not_open_is_told(model: str, reason: str) -> None:
    process = engine_process(model)
    with pytest.raises(EngineUnavailable, match=reason):
        await process.start()
    with pytest.raises(EngineError, match=reason):  # asked again, it is tried again
        await process.expand(ORDER, ignore)
    await process.close()


async def test_an_engine_that_never_opens_is_given_up() -> None:
    process = EngineProcess(EngineName.PATCHMATCH, "stuck", start_limit=1, opener=OPENER)
    with pytest.raises(EngineUnavailable, match="within 1 s"):
        await process.start()
    await process.close()


async def test_closing_fails_the_order_in_hand_and_all_after_it() -> None:
    process, begun = engine_process(), asyncio.Event()
    waiting = asyncio.create_task(process.expand(asking("hang"), lambda fraction: fraction > 0.1 and begun.set()))
    await begun.wait()
    await process.close()
    with pytest.raises(EngineError):
        await waiting
    with pytest.raises(EngineError, match="closed"):
        await process.expand(ORDER, ignore)
    await process.close()


PARENT = """
import asyncio, sys
from inference.canvas import Margins
from inference.engine import EngineName
from inference.image.mosaic import Mosaic
from inference.worker.protocol import Order
from inference.worker.process import EngineProcess

async def main():
    process = EngineProcess(EngineName.PATCHMATCH, "noise", opener="tests.support.engines:open_engine")
    await process.expand(
        Order(Mosaic.of(open(sys.argv[1], "rb").read()), Margins(9), prompt="hang"),
        lambda fraction: print(fraction, flush=True),
    )

asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_the_engine_ends_with_its_parent(number: signal.Signals, tmp_path: Path) -> None:
    photo = tmp_path / "coffee.jpg"
    photo.write_bytes(PHOTO)
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, photo, stdout=PIPE, stderr=PIPE)
    assert parent.stdout
    assert parent.stderr
    async with asyncio.timeout(HANG):
        while float(await parent.stdout.readline()) < 0.1:  # until it is in mid-expansion
            pass
        parent.send_signal(number)
        await parent.wait() if number is signal.SIGTERM else None
        await parent.stderr.read()  # ends when the last process that holds it has ended: the engine has it too
        assert await parent.wait() == -number


async def test_an_operators_guests_belong_to_the_engine_that_paints(tmp_path: Path) -> None:
    own = np.zeros((40, 30, 4), np.uint8)
    own[5:35, 5:25] = 255
    cv2.imwrite(str(tmp_path / "teapot.png"), own)
    process = EngineProcess(EngineName.PATCHMATCH, guests=str(tmp_path), checks=NO_CHECKS)
    try:
        outcome = await process.expand(Order(Mosaic.of(small_photo(longest=64)), Margins(16)), ignore)
    finally:
        await process.close()
    assert f"guests={open_bank(tmp_path).digest}" in str(outcome.recipe["key"])
    assert open_bank(tmp_path).digest != open_bank().digest


async def test_a_folder_of_guests_that_is_not_there_is_said_at_the_start(tmp_path: Path) -> None:
    process = EngineProcess(EngineName.PATCHMATCH, guests=str(tmp_path / "gone"), checks=NO_CHECKS)
    with pytest.raises(EngineUnavailable, match=r"KUOTU_GUESTS names .*gone, which is no folder"):
        await process.start()
    await process.close()
