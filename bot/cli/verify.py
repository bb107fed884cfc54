"""`kuotu verify`: says whether a file was made here, and whether the photo in it is untouched."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from bot.chat.cards.verdict import verdict_lines
from bot.chat.texts import texts
from bot.cli.expand import write_whole
from bot.cli.keys import signer_of
from bot.keys import open_marks
from bot.pictures import Pictures
from bot.settings import Settings
from bot.verification import Archive, Seen, Verdict, drawn, look, verify
from inference.engine import Pixels
from inference.image.codec import decode_kept
from storage.blobs import open_blobs
from storage.database import DatabaseUnavailable, open_database
from storage.expansions import Store
from storage.register import Register


def verify_file(file: Path, photo: Path | None, out: Path | None, settings: Settings, *, as_json: bool) -> bool:
    """Print what is known of a file, and return whether it was made here. Raises OSError, BadPhoto."""
    marks = open_marks(settings)
    seen = look(file.read_bytes(), marks)
    original = decode_kept(photo.read_bytes()) if photo is not None else None
    verdict, registered = asyncio.run(_verdict(seen, settings, original))
    picture = drawn(seen, verdict)
    if out is not None and picture is not None:
        write_whole(out, picture)
    if as_json:
        print(json.dumps(_facts(verdict)))
        return verdict.ours
    print(*verdict_lines(texts("en"), verdict), sep="\n")
    print(f"Our files are {signer_of(marks.keys)}.")
    if not registered:
        print("There is no register here, so only the file itself and the key were looked at.")
    return verdict.ours


def _facts(verdict: Verdict) -> dict[str, object]:
    return {
        "ours": verdict.ours,
        "layers": sorted(verdict.layers),
        "manifest": verdict.manifest,
        "proof": verdict.proof,
        "made_at": verdict.made_at.isoformat() if verdict.made_at is not None else None,
        "engine": verdict.engine,
        "boxes": [list(box) for box in verdict.boxes],
    }


def _may_exist(database: str) -> bool:
    address = make_url(database)
    return address.get_backend_name() != "sqlite" or Path(address.database or "").exists()


async def _verdict(seen: Seen, settings: Settings, photo: Pixels | None) -> tuple[Verdict, bool]:
    """Return the verdict, and whether there is a register. A database that does not exist is not made."""
    async with AsyncExitStack() as stack:
        if _may_exist(settings.database):
            try:
                engine = await open_database(settings.database)
                stack.push_async_callback(engine.dispose)
                store = Store(engine)
                archive = Archive(Register(engine), store, Pictures(store.photos, open_blobs(settings.blobs)))
                return await verify(seen, archive, photo), True
            except (DatabaseUnavailable, DBAPIError):  # it cannot be reached, or is older than the register
                pass
        return await verify(seen, None, photo), False
