"""/verify in a chat and on the web: a result is found in the file, and in the copy that a chat encoded again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import chdir
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import ClientSession, FormData
from PIL import ExifTags, Image

from bot.bootstrap import Kuotu
from bot.playground import Person
from inference.image.codec import decode
from inference.marks.manifest import State, read
from tests.support.command import Run, runner
from tests.support.marks import encoded
from tests.support.messages import is_panel
from tests.support.photos import small_photo
from tests.support.scenes import expanded


@pytest.fixture
def photo() -> bytes:
    return small_photo()


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Run]:
    with chdir(tmp_path):
        yield runner(capfd)


async def said(person: Person, text: str, **how: Any) -> Any:
    mark = person.now
    await person.say(text, **how)
    return await person.wait_for(lambda m: m.from_bot, after=mark)


async def test_a_result_and_its_file_are_known(chat: Person, kuotu: Kuotu) -> None:
    photo = small_photo("coffee", 480)
    result = await expanded(chat, photo)
    await chat.tap(result, "Download")
    document = await chat.wait_for(lambda m: m.kind == "document" and m.from_bot)
    data = await chat.download(document)
    found = read(data, kuotu.services.marks.keys)
    assert found.state is State.OURS
    assert found.origin is not None
    assert [step.engine for step in found.origin.steps] == ["patchmatch"]
    answer = await said(chat, "/verify", reply_to=document)
    assert "Made here" in answer.text
    assert "every pixel is as it was received" in answer.text
    assert answer.kind == "photo"
    again = await said(chat, "/verify", reply_to=result)
    assert "Made here" in again.text
    assert "Known by its watermark and the register (a picture that looks the same)." in again.text
    assert "as far as a re-encoded copy shows" in again.text
    await _the_web_answers_too(kuotu, data)


async def _the_web_answers_too(kuotu: Kuotu, data: bytes) -> None:
    pixels = decode(data)
    pixels[len(pixels) // 2, len(pixels[0]) // 2] ^= 1
    url = kuotu.address.rstrip("/") + "/verify"
    async with ClientSession() as client:
        async with client.get(url) as page:
            assert page.status == 200
            assert 'type="file"' in await page.text()
        for file, proof in ((data, "every pixel is as it was received"), (encoded(pixels), "Made here")):
            form = FormData()
            form.add_field("picture", file, filename="file.png", content_type="image/png")
            async with client.post(url, data=form) as answer:
                assert answer.status == 200
                text = await answer.text()
                assert proof in text
                assert "data:image/jpeg;base64," in text
        for _ in range(4):
            async with client.post(url, data=b"") as refused:
                status = refused.status
        assert status == 429


async def test_a_command_without_a_picture_and_a_foreign_picture_are_answered(chat: Person) -> None:
    assert "Reply to a picture" in (await said(chat, "/verify")).text
    theirs = await chat.send_document(small_photo("rocket", 90), "rocket.png", "image/png")
    await chat.wait_for(is_panel)
    answer = await said(chat, "/verify", reply_to=theirs)
    assert "no mark of this bot" in answer.text
    assert "no signed metadata" in answer.text


def test_the_command_line_verifies_what_it_made(run: Run, tmp_path: Path, photo: bytes) -> None:
    source, out = tmp_path / "cat.png", tmp_path / "out.png"
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "where I live"
    Image.open(BytesIO(photo)).save(source, exif=exif)
    assert run("expand", source, "-o", out, "--engine", "patchmatch", "--seed", "1")[0] == 0
    code, told, _ = run("verify", out, "--photo", source, "-o", tmp_path / "drawn.jpg", "--json")
    facts = json.loads(told)
    assert (code, facts["manifest"], facts["proof"]) == (0, "ours", "untouched")
    assert b"where I live" in source.read_bytes()
    assert b"where I live" not in out.read_bytes()
    assert not Image.open(out).getexif()
    assert (tmp_path / "drawn.jpg").read_bytes()[:2] == b"\xff\xd8"
    pixels = decode(out.read_bytes())
    box = facts["boxes"][0]
    assert np.array_equal(pixels[box[1] : box[3], box[0] : box[2]], decode(photo))
    code, told, _ = run("verify", source)
    assert (code, "no mark of this bot" in told) == (1, True)
    assert "There is no register here" in told
