"""Verification: what proves an untouched photo at every depth of a chain, and what does not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.chat.cards.verdict import verdict_lines
from bot.chat.texts import texts
from bot.marks import Marks, origin_of
from bot.pictures import Pictures
from bot.verification import Archive, Layer, Proof, Verdict, drawn, look, verify
from inference.canvas import Extent, Margins
from inference.engine import Pixels, Request
from inference.image.codec import encode_chat, encode_master
from inference.image.upscale import upscale_expansion
from inference.marks.label import Label
from inference.marks.manifest import State
from inference.marks.marking import mark
from inference.marks.origin import pixel_hash
from storage.blobs import open_blobs
from storage.database import open_database, transactions
from storage.expansions import Store
from storage.models import Expansion, Mark, Photo
from storage.people.people import People
from storage.register import Register
from tests.support import rows
from tests.support.databases import new_sqlite
from tests.support.films import sample
from tests.support.marks import decoded, encoded, keys

MARKS, THEIRS = Marks(keys(), "Kuotu"), Marks(keys("theirs"), "Kuotu")


@dataclass
class Chain:
    """A chain of expansions whose new pixels are mirrors of the photo, and what the register knows of it."""

    engine: AsyncEngine
    archive: Archive
    photo: Pixels
    master: Pixels
    last: Expansion

    @classmethod
    async def of(cls, engine: AsyncEngine, *steps: Margins | None, width: int = 320) -> Chain:
        """Make a chain; None doubles the picture."""
        await rows.add_people(engine, rows.ANN)
        store = Store(engine)
        archive = Archive(Register(engine), store, Pictures(store.photos, open_blobs("memory://")))
        photo = sample("coffee", width, width * 3 // 4)
        blob = await archive.pictures.blobs.put(encode_master(photo), ".png")
        source = rows.photo(blob=blob, width=width, height=len(photo))
        await rows.add(engine, source)
        canvas, last = photo, None
        for margins in steps:
            last, canvas = await cls._step(engine, source, canvas, margins)
            assert last.result is not None
            source = last.result
        assert last is not None
        return cls(engine, archive, photo, canvas, last)

    @staticmethod
    async def _step(
        engine: AsyncEngine, source: Photo, photo: Pixels, margins: Margins | None
    ) -> tuple[Expansion, Pixels]:
        around = margins or Margins()
        canvas = upscale_expansion(photo) if margins is None else _mirrored(photo, margins)
        marked = mark(canvas, Request(photo, around), MARKS.marking("mirror"))
        extent = Extent.of(canvas)
        result = rows.photo(width=extent.width, height=extent.height)
        made = rows.expansion(source, doubles=margins is None, engine="patchmatch", status="done", **vars(around))
        made.result = result
        async with transactions(engine).write() as session:
            session.add(made)
            await session.flush()
            session.add(Mark(expansion_id=made.id, person_id=made.person_id, **vars(marked)))
        stored = await Store(engine).expansion(made.id)
        assert stored is not None
        return stored, canvas

    async def file(self, master: Pixels | None = None, marks: Marks = MARKS, kind: str = "png") -> bytes:
        """Return the master as a signed file."""
        chain = await self.archive.store.ancestry(self.last.id)
        known = await self.archive.register.of([step.id for step in chain])
        return marks.marked(encoded(self.master if master is None else master, kind), origin_of(chain, known))

    async def verdict(self, data: bytes, photo: Pixels | None = None) -> Verdict:
        return await verify(look(data, MARKS), self.archive, photo)


def _mirrored(photo: Pixels, margins: Margins) -> Pixels:
    sides = margins.top, margins.bottom, margins.left, margins.right
    return np.asarray(cv2.copyMakeBorder(photo, *sides, cv2.BORDER_REFLECT_101), np.uint8)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    engine = await open_database(new_sqlite(tmp_path))
    yield engine
    await engine.dispose()


FIRST, SECOND = Margins(80, 40, 60, 30), Margins(0, 90, 70, 0)
CHAINS = [[FIRST], [FIRST, SECOND], [FIRST, None], [None, FIRST, None, SECOND]]


@pytest.mark.parametrize("steps", CHAINS, ids=["one step", "two steps", "doubled", "doubled twice"])
async def test_one_changed_pixel_fails_even_if_the_file_is_signed_again(
    database: AsyncEngine, steps: list[Margins | None]
) -> None:
    chain = await Chain.of(database, *steps, width=120)
    sound = await chain.verdict(await chain.file())
    assert (sound.proof, sound.manifest, len(sound.steps)) == (Proof.UNTOUCHED, State.OURS, len(steps))
    assert {Layer.SIGNATURE, Layer.PIXELS} <= sound.layers
    for step in sound.steps:
        forged = chain.master.copy()
        forged[step.box.top + 1, step.box.left + 1] ^= 1  # which halving a doubled picture may hide
        verdict = await chain.verdict(await chain.file(forged))
        assert (verdict.manifest, verdict.proof) == (State.OURS, Proof.CHANGED)


async def test_the_photo_of_the_asker_is_compared_too(database: AsyncEngine) -> None:
    chain = await Chain.of(database, FIRST)
    file, other = await chain.file(), chain.photo.copy()
    other[0, 0] ^= 1
    assert (await chain.verdict(file, chain.photo)).proof is Proof.UNTOUCHED
    assert (await chain.verdict(file, other)).proof is Proof.CHANGED


async def test_a_lossy_file_is_proved_as_far_as_it_shows(database: AsyncEngine) -> None:
    chain = await Chain.of(database, FIRST)
    sound = await chain.verdict(await chain.file(kind="jpg"))
    assert (sound.manifest, sound.proof) == (State.OURS, Proof.SEEMS_UNTOUCHED)
    painted, box = chain.master.copy(), sound.boxes[0]
    painted[box.top + 20 : box.top + 60, box.left + 20 : box.left + 60] = 255
    assert (await chain.verdict(await chain.file(painted, kind="jpg"))).proof is Proof.SEEMS_CHANGED
    assert "as far as a re-encoded copy shows" in "\n".join(verdict_lines(texts("en"), sound))


async def test_a_file_of_the_command_line_is_proved_by_the_photo_alone(database: AsyncEngine) -> None:
    chain = await Chain.of(database, FIRST)
    seen = look(await chain.file(), MARKS)
    other = chain.photo.copy()
    other[5, 5] ^= 1
    found = [(await verify(seen, None, photo)).proof for photo in (None, chain.photo, other)]
    assert found == [Proof.CLAIMED, Proof.UNTOUCHED, Proof.CHANGED]


async def test_stripped_foreign_and_wrong_manifests_are_told_apart(database: AsyncEngine) -> None:
    chain = await Chain.of(database, FIRST)
    stripped = await chain.verdict(encode_master(chain.master))
    assert (stripped.manifest, stripped.proof) == (State.NONE, Proof.UNTOUCHED)
    assert Layer.PIXELS in stripped.layers
    foreign = await chain.verdict(await chain.file(marks=THEIRS))
    assert foreign.manifest is State.FOREIGN
    assert Layer.SIGNATURE not in foreign.layers
    unknown = encoded(np.random.default_rng(1).integers(0, 256, (200, 300, 3), np.uint8))
    theirs = await chain.verdict(THEIRS.marked(unknown, origin_of([chain.last], {})))
    assert (theirs.ours, theirs.manifest, theirs.proof) == (False, State.FOREIGN, Proof.UNKNOWN)


@pytest.mark.parametrize("steps", [[FIRST], [FIRST, SECOND]], ids=["one step", "two steps"])
async def test_what_a_chat_encoded_again_is_found_by_watermark_and_register(
    database: AsyncEngine, steps: list[Margins]
) -> None:
    chain = await Chain.of(
        database, *(Margins(*(2 * side for side in vars(step).values())) for step in steps), width=640
    )
    copy = encode_chat(cv2.resize(chain.master, None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA))
    verdict = await chain.verdict(copy)
    assert {Layer.WATERMARK, Layer.LIKENESS} <= verdict.layers
    assert (verdict.manifest, verdict.proof, len(verdict.steps)) == (State.NONE, Proof.SEEMS_UNTOUCHED, len(steps))
    painted = decoded(copy).copy()
    box = verdict.boxes[0]
    painted[box.top + 20 : box.top + 60, box.left + 20 : box.left + 60] = 255
    again = await chain.verdict(encode_chat(painted))
    assert (again.ours, again.proof) == (True, Proof.SEEMS_CHANGED)


async def test_a_cropped_copy_is_found_by_its_watermark(database: AsyncEngine) -> None:
    chain = await Chain.of(database, Margins(150, 100, 150, 100), width=640)
    verdict = await chain.verdict(encode_chat(np.ascontiguousarray(chain.master[:, 40:])))
    assert (verdict.ours, verdict.proof, verdict.boxes) == (True, Proof.UNKNOWN, ())
    assert Layer.WATERMARK in verdict.layers
    assert verdict.engine == "patchmatch"


async def test_too_little_new_area_is_said(database: AsyncEngine) -> None:
    chain = await Chain.of(database, Margins(0, 0, 10, 0))
    verdict = await chain.verdict(await chain.file())
    assert verdict.too_small
    assert Layer.WATERMARK not in verdict.layers
    assert any("Too little" in line for line in verdict_lines(texts("en"), verdict))


@pytest.mark.parametrize(("margins", "chained"), [((FIRST,), False), ((FIRST, SECOND), True)], ids=["one", "two"])
async def test_only_a_longer_chain_is_called_one(
    database: AsyncEngine, margins: tuple[Margins, ...], chained: bool
) -> None:
    chain = await Chain.of(database, *margins)
    verdict = await chain.verdict(await chain.file())
    for made in (verdict, replace(verdict, made_at=None)):
        english, chinese = ("\n".join(verdict_lines(texts(language), made)) for language in ("en", "zh"))
        assert "by patchmatch" in english
        assert ("step 2 of a chain" in english, "第 2 次扩图" in chinese) == (chained, chained)
        assert ("chain" in english, "次扩图" in chinese) == (chained, chained)


async def test_the_answer_tells_nothing_about_persons_and_draws_the_rectangle(database: AsyncEngine) -> None:
    chain = await Chain.of(database, FIRST, SECOND)
    seen = look(await chain.file(), MARKS)
    verdict = await verify(seen, chain.archive)
    for language in ("en", "zh"):
        said = "\n".join(verdict_lines(texts(language), verdict))
        assert "person" not in said
        assert "{" not in said
        assert all(word in said for word in ("patchmatch", "2"))  # by which engine, in how many steps
        assert str(verdict.made_at.year if verdict.made_at else "") in said
    picture = drawn(seen, verdict)
    assert picture is not None
    shown = decoded(picture)
    box = verdict.boxes[0]
    assert shown.shape == chain.master.shape
    assert shown[box.top, box.left + 30 : box.left + 90].mean() > 200


async def test_forgetting_a_person_empties_the_register(database: AsyncEngine) -> None:
    chain = await Chain.of(database, FIRST, SECOND)
    people = People(database)
    assert len((await people.export(rows.ANN))["marks"]) == 2
    await people.forget(rows.ANN)
    async with transactions(database).read() as session:
        assert await session.scalar(select(func.count()).select_from(Mark)) == 0
    assert Layer.PIXELS not in (await chain.verdict(encode_master(chain.master))).layers


async def test_the_manifest_names_no_person_and_no_chat(database: AsyncEngine) -> None:
    chain = await Chain.of(database, FIRST)
    steps = await chain.archive.store.ancestry(chain.last.id)
    said = json.dumps(origin_of(steps, await chain.archive.register.of([chain.last.id])).to_json())
    assert all(word not in said for word in ("person", "chat", "name"))


def test_settings_leave_out_the_watermark_and_draw_the_label() -> None:
    photo = sample("coffee", 320, 240)
    canvas, request = _mirrored(photo, FIRST), Request(photo, FIRST)
    plain, inside = canvas.copy(), FIRST.inner(Extent.of(canvas)).slices
    none = mark(canvas, request, replace(MARKS, watermark=False).marking("mirror"))
    assert (none.watermarked, none.labelled, np.array_equal(canvas, plain)) == (False, False, True)
    both = mark(canvas, request, replace(MARKS, label=Label.CORNER).marking("mirror"))
    assert (both.watermarked, both.labelled, both.number) == (True, True, none.number)
    assert np.array_equal(canvas[inside], photo)
    assert both.result == pixel_hash(canvas)
