"""The whole bot with the diffusion engine: tiny pipelines, in normal and failing cases.

The contract that every preset fulfils is `tests/inference/test_engine.py`. The bot knows nothing of presets, so here
one of each family stands for the others.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from inference.canvas import Extent, Margins
from inference.engine import EngineName, Pixels, Request, Style, ignore
from inference.growth import Direction, parse_ratio, scaled, with_ratio
from inference.image.codec import decode
from storage.models import Expansion
from tests.support.bot import kuotu_in
from tests.support.messages import is_panel, is_result, is_status
from tests.support.photos import small_photo
from tests.support.scenes import details
from tests.support.tiny import Opened

ALL = scaled(Extent(160, 106), Direction.ALL, 1.5)


@pytest.fixture
def photo() -> bytes:
    return small_photo()


@pytest.fixture
async def ann(newcomer, weighty: Kuotu) -> Person:
    return await newcomer("Ann", address=weighty.address)


async def started(person: Person, photo: bytes, caption: str, *taps: str) -> int:
    """Send a photo, tap the given buttons and Expand. Returns a time before the status message."""
    mark = person.now
    await person.send_document(photo, caption=caption)
    panel = await person.wait_for(is_panel, after=mark)
    for tap in taps:
        await person.tap(panel, tap)
    mark = person.now
    await person.tap(panel, "Expand")
    return mark


async def expanded(person: Person, photo: bytes, caption: str, *taps: str) -> Message:
    mark = await started(person, photo, caption, *taps)
    return await person.wait_for(is_result, after=mark)


async def master(person: Person, result: Message) -> Pixels:
    mark = person.now
    await person.tap(result, "Download")
    file = await person.wait_for(lambda m: m.kind == "document" and m.from_bot, after=mark)
    return decode(await person.download(file))


async def seed_in(person: Person, result: Message) -> int:
    return int((await details(person, result)).partition("#")[2].split()[0])


async def row_of(result: Message, person: Person, kuotu: Kuotu) -> Expansion:
    shown = await kuotu.services.messages.message(person.chat, result.id)
    assert shown is not None
    assert shown.expansion_id is not None
    row = await kuotu.services.store.expansion(shown.expansion_id)
    assert row is not None
    return row


def same(one: Pixels, other: Pixels) -> bool:
    return np.array_equal(one, other)


def kept(canvas: Pixels, margins: Margins, photo: bytes) -> bool:
    pixels = decode(photo)
    return same(canvas[margins.top :, margins.left :][: pixels.shape[0], : pixels.shape[1]], pixels)


@pytest.mark.parametrize("name", ["tiny-sd15", "tiny-klein"])  # one repaints a masked canvas, one edits a picture
async def test_a_preset_paints_what_it_paints_alone(
    ann: Person, photo: bytes, weighty: Kuotu, tiny_engine: Opened, name: str
) -> None:
    """Another process, after other people's pictures, gives the same pixels for the same photo, choices and seed."""
    result = await expanded(ann, photo, name)
    canvas, alone = await master(ann, result), tiny_engine(name)
    assert kept(canvas, ALL, photo)
    assert same(
        canvas, alone.expand(Request(decode(photo), ALL, seed=await seed_in(ann, result), judged=False), ignore).pixels
    )
    assert result.raw["has_media_spoiler"]
    row = await row_of(result, ann, weighty)
    assert row.engine == "diffusion"
    assert row.recipe["key"] == alone.key


@pytest.mark.parametrize(
    ("taps", "margins"),
    [
        pytest.param(["➡️", "2×"], scaled(Extent(160, 106), Direction.RIGHT, 2), id="right, in two passes"),
        pytest.param(["↕️", "1.25×"], scaled(Extent(160, 106), Direction.VERTICAL, 1.25), id="vertical, a little"),
        pytest.param(["9:16"], with_ratio(Extent(160, 106), Direction.ALL, parse_ratio("9:16")), id="tall"),
    ],
)
async def test_what_is_chosen_is_painted(ann: Person, photo: bytes, taps: list[str], margins: Margins) -> None:
    canvas = await master(ann, await expanded(ann, photo, "tiny-sdxl", *taps))
    assert canvas.shape[1::-1] == margins.canvas(Extent(160, 106))
    assert kept(canvas, margins, photo)


async def test_who_writes_no_english_to_a_model_that_reads_only_english_is_told(
    newcomer, tmp_path: Path, photo: bytes
) -> None:
    """The program that talks to people has no engine of its own here, and knows what its workers' model reads."""
    told = {"海边的灯塔": True, "灯台のある海": True, "바닷가의 등대": True, "un phare au bord de l’été – ☀️": False}
    async with kuotu_in(tmp_path, work=False, engine=EngineName.DIFFUSION, model="sd15") as kuotu:
        ann = await newcomer("Ann", address=kuotu.address)
        for words, unread in told.items():
            mark = ann.now
            await ann.send_photo(photo, words)
            panel = await ann.wait_for(is_panel, after=mark)
            assert f"“{words}”" in panel.text
            assert ("only reads English" in panel.text) == unread


async def test_four_variants_are_four_runs_and_each_is_made_again_by_its_seed(
    ann: Person, photo: bytes, tiny_engine: Opened
) -> None:
    first = await expanded(ann, photo, "tiny-flux-fill a lighthouse", "🌀")
    await ann.tap(first, "Four")
    sheet = await ann.wait_for(lambda m: {"1", "2", "3", "4"} <= set(m.labels) and "Cancel" not in str(m.labels))
    canvases = []
    for number in ("1", "4"):
        mark = ann.now
        await ann.tap(sheet, number)
        one = await ann.wait_for(is_result, after=mark)
        canvases.append(await master(ann, one))
        request = Request(decode(photo), ALL, Style.WILD, await seed_in(ann, one), "a lighthouse", judged=False)
        assert same(canvases[-1], tiny_engine("tiny-flux-fill").expand(request, ignore).pixels)
    assert not same(*canvases)


async def test_an_operators_batch_paints_variants_together_and_each_is_made_again_by_its_seed(
    ann: Person, photo: bytes, tiny_engine: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    """The variants of a batch are painted in one call."""
    caplog.set_level(logging.INFO, "inference")
    first = await expanded(ann, photo, "tiny-sd15?batch=4 a lighthouse", "🌀")
    caplog.clear()
    await ann.tap(first, "Four")
    sheet = await ann.wait_for(lambda m: {"1", "2", "3", "4"} <= set(m.labels) and "Cancel" not in str(m.labels))
    calls = [line for line in caplog.messages if line.startswith("painting")]
    for number in ("1", "2", "3", "4"):
        mark = ann.now
        await ann.tap(sheet, number)
        one = await ann.wait_for(is_result, after=mark)
        request = Request(decode(photo), ALL, Style.WILD, await seed_in(ann, one), "a lighthouse", judged=False)
        assert same(await master(ann, one), tiny_engine("tiny-sd15", batch=4).expand(request, ignore).pixels)
    assert len(calls) == 1


async def test_progress_is_shown_and_cancelling_leaves_the_engine_in_place(
    ann: Person, photo: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    mark = await started(ann, photo, "tiny-slow")
    status = await ann.wait_for(lambda m: is_status(m) and "▓" in m.text and "%" in m.text, after=mark)
    assert await ann.tap(status, "Cancel") == "Cancelled."
    await ann.wait_for(lambda m: m.id == status.id and "🔁 Try again" in m.labels)
    assert kept(await master(ann, await expanded(ann, photo, "tiny-sd15")), ALL, photo)
    assert "did not leave" not in caplog.text  # the process stopped when asked, and was not killed


async def test_exhausted_memory_is_the_next_mode_and_a_picture_all_the_same(
    ann: Person, photo: bytes, tiny_engine: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    result = await expanded(ann, photo, "tiny-sdxl exhausted")
    frugal = tiny_engine("tiny-sdxl", memory="offload")
    assert same(
        await master(ann, result),
        frugal.expand(Request(decode(photo), ALL, seed=await seed_in(ann, result), judged=False), ignore).pixels,
    )
    assert "memory exhausted in mode resident (" in caplog.text
    assert "can't allocate memory" in caplog.text
    assert "going on in mode offload" in caplog.text


async def test_a_failure_is_one_sentence_for_the_person_and_the_story_for_the_operator(
    ann: Person, photo: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    mark = await started(ann, photo, "tiny-klein broken")
    ended = await ann.wait_for(lambda m: "🔁 Try again" in m.labels, after=mark)
    assert "mat1" not in ended.text
    assert "Traceback" not in ended.text
    assert ended.text.count("\n") <= 1
    assert "RuntimeError: mat1 and mat2 shapes cannot be multiplied" in caplog.text
    assert "Traceback" in caplog.text
    assert kept(await master(ann, await expanded(ann, photo, "tiny-klein")), ALL, photo)


async def test_a_crash_is_a_new_process_and_the_picture_all_the_same(
    ann: Person, photo: bytes, weighty: Kuotu, tiny_engine: Opened
) -> None:
    result = await expanded(ann, photo, "tiny-z-image-control crashing")
    alone = (
        tiny_engine("tiny-z-image-control")
        .expand(Request(decode(photo), ALL, seed=await seed_in(ann, result), judged=False), ignore)
        .pixels
    )
    assert same(await master(ann, result), alone)
    (job,) = await weighty.services.queue.jobs([(await row_of(result, ann, weighty)).id])
    assert job.attempts == 2
