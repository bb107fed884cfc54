"""Blob stores fulfil the same contract in a folder, in memory and in S3."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest

from storage.blobs import BULK, STORE_ERRORS, Blobs, BlobsUnavailable, open_blobs

PICTURE = bytes(range(256)) * 1000
KEY = sha256(PICTURE).hexdigest()


@pytest.fixture(params=["path", "file", "memory", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    match request.param:
        case "path":
            return open_blobs(str(tmp_path / "new" / "blobs"))
        case "file":
            return open_blobs(f"file://{tmp_path}/blobs")
        case "memory":
            return open_blobs("memory://")
        case _:
            return open_blobs(request.getfixturevalue("s3"))


async def test_what_was_put_is_got(blobs: Blobs) -> None:
    key = await blobs.put(PICTURE, ".png")
    assert key == f"{KEY[:2]}/{KEY}.png"
    assert await blobs.get(key) == PICTURE


async def test_the_same_bytes_have_one_key(blobs: Blobs) -> None:
    keys = await asyncio.gather(*(blobs.put(PICTURE, ".png") for _ in range(4)), blobs.put(PICTURE, ".jpg"))
    assert len(set(keys)) == 2
    assert await blobs.get(keys[0]) == await blobs.get(keys[-1]) == PICTURE


async def test_nothing_is_kept_too(blobs: Blobs) -> None:
    assert await blobs.get(await blobs.put(b"", "")) == b""


async def test_a_missing_blob_is_not_found(blobs: Blobs) -> None:
    with pytest.raises(FileNotFoundError):
        await blobs.get("00/0000.png")


async def test_what_was_put_at_a_key_is_there_until_deleted(blobs: Blobs) -> None:
    key = await blobs.put(b"picture", ".jpg")
    for data in (b"small", b"small again"):
        await blobs.put_at(f"{key}.320.webp", data)
        assert await blobs.get(f"{key}.320.webp") == data
    assert await blobs.get(key) == b"picture"
    await blobs.delete([f"{key}.320.webp"])
    with pytest.raises(FileNotFoundError):
        await blobs.get(f"{key}.320.webp")


async def test_a_link_leads_to_a_blob_of_s3_for_a_while(s3: str) -> None:
    inside = parse_qs(urlsplit(s3).query)["endpoint"][0]
    outside = inside.replace("127.0.0.1", "localhost")  # where browsers reach the server
    blobs = open_blobs(s3, outside)
    assert blobs.outside == outside
    key = await blobs.put(PICTURE, ".jpg")
    link = await blobs.link(key, 300)
    assert link is not None
    assert link.startswith(f"{outside}/kuotu/pictures/{key}?")
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["300"]
    with await asyncio.to_thread(urlopen, link) as answer:
        assert (answer.headers["Content-Type"], answer.read()) == ("image/jpeg", PICTURE)
    with pytest.raises(FileNotFoundError):
        await blobs.link("00/0000.png", 300)


async def test_without_an_address_for_people_there_are_no_links(blobs: Blobs) -> None:
    assert (await blobs.link(await blobs.put(PICTURE, ".jpg"), 300), blobs.outside) == (None, "")


def test_only_s3_has_an_address_for_people(tmp_path: Path) -> None:
    for url in (str(tmp_path), "memory://"):
        with pytest.raises(BlobsUnavailable, match="only an S3 server"):
            open_blobs(url, "https://s3.example.org")


async def test_deleting_twice_is_deleting(blobs: Blobs) -> None:
    keys = [await blobs.put(bytes([n]), ".bin") for n in range(3)]
    for _ in range(2):
        await blobs.delete(keys[:2])
    with pytest.raises(FileNotFoundError):
        await blobs.get(keys[0])
    assert await blobs.get(keys[2]) == b"\x02"
    await blobs.delete([])


async def test_a_folder_is_listed_in_pages_with_the_time_of_the_last_put(
    blobs: Blobs,
) -> None:
    keys = {f"5a/{number:064x}.jpg" for number in range(5)}
    for key in (*keys, f"5b/{0:064x}"):
        await blobs.put_at(key, b"1")
    first = {blob.key: blob.modified for page in [p async for p in blobs.listed("5a")] for blob in page}
    assert first.keys() == keys
    assert {moment.tzinfo for moment in first.values()} == {UTC}
    assert max(abs(datetime.now(UTC) - moment) for moment in first.values()) < timedelta(minutes=10)
    again = min(keys)
    while True:  # S3 counts whole seconds
        await blobs.put_at(again, b"1")
        second = {blob.key: blob.modified async for page in blobs.listed("5a") for blob in page}
        if second[again] > first[again]:
            break
    assert {key for key in keys if second[key] != first[key]} == {again}
    assert [page async for page in blobs.listed("ff")] in ([], [[]])
    await blobs.delete(sorted(keys))


async def test_more_keys_than_a_request_takes_are_listed_and_deleted(tmp_path: Path, s3: str) -> None:
    blobs = open_blobs(s3)
    keys = [f"5c/{number:064x}" for number in range(BULK + 5)]
    async with asyncio.TaskGroup() as group:
        for key in keys:
            group.create_task(blobs.put_at(key, b""))
    pages = [page async for page in blobs.listed("5c")]
    assert [len(page) for page in pages] == [BULK, 5]
    assert sorted(blob.key for page in pages for blob in page) == keys
    await blobs.delete([*keys, "5c/nothing"])
    assert [page async for page in blobs.listed("5c")] == []


async def test_a_store_that_does_not_answer_is_given_up_soon() -> None:
    blobs = open_blobs("s3://kuotu?endpoint=http://127.0.0.1:1&region=r&access_key_id=k&secret_access_key=s")
    with pytest.raises(STORE_ERRORS):
        await blobs.delete(["00/00"])


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("whole", [True, False])
async def test_a_blob_is_deleted_with_what_kills_left_half_written_of_it(tmp_path: Path, whole: bool) -> None:
    blobs = open_blobs(str(tmp_path))
    keys = [await blobs.put(data, ".png") for data in (b"one", b"another")]
    for key in keys:
        for number in (1, 2):
            (tmp_path / f"{key}#{number}").write_bytes(b"half")
    if not whole:
        (tmp_path / keys[0]).unlink()
    await blobs.delete(keys[:1])
    assert files_in(tmp_path) == {keys[1], f"{keys[1]}#1", f"{keys[1]}#2"}


async def test_what_a_kill_left_half_written_is_listed_and_deleted(tmp_path: Path) -> None:
    blobs, half = open_blobs(str(tmp_path)), f"{KEY[:2]}/{KEY}.png#1"
    (tmp_path / KEY[:2]).mkdir()
    (tmp_path / half).write_bytes(b"half")
    assert [blob.key async for page in blobs.listed(KEY[:2]) for blob in page] == [half]
    for _ in range(2):
        await blobs.delete([half])
    assert not (tmp_path / half).exists()


PUTTER = """
import asyncio, os, sys
from storage.blobs import open_blobs
async def main():
    blobs = open_blobs(sys.argv[1])
    print("ready", flush=True)
    while True:
        await blobs.put(os.urandom(3_000_000), ".bin")
        print("put", flush=True)
asyncio.run(main())
"""


def test_a_kill_in_the_midst_leaves_no_half_blob(tmp_path: Path) -> None:
    for lines in (1, 2, 3):
        putter = subprocess.Popen([sys.executable, "-c", PUTTER, str(tmp_path)], stdout=subprocess.PIPE)
        assert putter.stdout is not None
        for _ in range(lines):
            putter.stdout.readline()
        putter.send_signal(signal.SIGKILL)
        putter.communicate()
    kept = [path for path in tmp_path.glob("??/*.bin") if path.is_file()]
    assert kept
    assert [path.name for path in kept] == [f"{sha256(path.read_bytes()).hexdigest()}.bin" for path in kept]


@pytest.mark.parametrize("where", ["file", "nowhere"])
def test_a_place_that_cannot_be_says_so_in_one_line(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    url = str(tmp_path / "file" / "blobs") if where == "file" else "carrier-pigeon://loft"
    with pytest.raises(BlobsUnavailable, match="cannot keep pictures in") as refusal:
        open_blobs(url)
    assert os.linesep not in str(refusal.value)
