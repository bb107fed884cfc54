"""/mydata: sends a person everything that is stored about them, as files."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import PurePosixPath

from bot.chat.cards.widgets import private_chat_keyboard
from bot.chat.telegram.visit import Visit
from bot.services import Services
from inference.image.codec import is_png
from inference.image.whole import whole
from storage.people.export import Owned

MOST = 45 * 2**20  # most bytes of images in one file; Telegram's limit is 50 MB


async def mydata(services: Services, visit: Visit) -> None:
    """Send the rows as one JSON file, then the images as one archive if they fit."""
    if not visit.private:
        await visit.reply("mydata.private", markup=private_chat_keyboard(visit, "mydata"))
        return
    kept = await services.people.export(visit.person.id)
    rows = json.dumps(kept, ensure_ascii=False, indent=1).encode()
    await _send(visit, rows, "kuotu-mydata.json", visit.say("mydata.caption"))
    archive, size = await _archive(services, await services.people.pictures(visit.person.id))
    if archive is not None:
        await _send(visit, archive, "kuotu-pictures.zip", visit.say("mydata.pictures"))
    elif size:
        await visit.reply("mydata.too_many", megabytes=round(size / 2**20))


async def _archive(services: Services, pictures: Mapping[str, Owned]) -> tuple[bytes | None, int]:
    """Return an archive of the images and their size in bytes. The archive is None if there are none or too many.

    What was made here carries its marks, like every other file that leaves. What a person sent stays as it is.
    """
    ids = [owned.maker for owned in pictures.values() if owned.maker is not None]
    made = {expansion.id: expansion for expansion in await services.store.expansions(ids)}
    files: dict[str, bytes] = {}
    size = 0
    for key, owned in pictures.items():
        data = await _file(services, key, owned, composed=size <= MOST)
        if size <= MOST and owned.maker in made:
            data = await services.marked(data, made[owned.maker])
        size += len(data)
        if size <= MOST:
            files[_name(key, data)] = data
    fits = bool(files) and size <= MOST
    return (await asyncio.to_thread(_zipped, files) if fits else None), size


async def _file(services: Services, key: str, owned: Owned, *, composed: bool) -> bytes:
    """Return a picture as one file. A master in pieces is `composed`, unless only its size is asked for."""
    if owned.master is None:
        return await services.blobs.get(key)
    if (photo := await services.store.photos.photo(owned.master)) is None:
        raise FileNotFoundError(f"photo {owned.master} was deleted")
    master = (await services.pictures.of(photo)).mosaic
    if not composed:
        return b"".join(master.files)
    return await services.decoding.run(photo.width * photo.height, whole, master)


def _name(key: str, data: bytes) -> str:
    """Return the name of a file. A large master in pieces of WebP is composed as a PNG."""
    name = PurePosixPath(key)
    return name.with_suffix(".png").name if is_png(data) and name.suffix == ".webp" else name.name


def _zipped(files: dict[str, bytes]) -> bytes:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as pictures:  # images are compressed already
        for name, data in files.items():
            pictures.writestr(name, data)
    return archive.getvalue()


async def _send(visit: Visit, data: bytes, name: str, caption: str) -> None:
    await visit.send(
        lambda seat: visit.bot.send_document(document=data, filename=name, caption=caption, **seat.address)
    )
