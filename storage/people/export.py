"""Everything that is stored about a person, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import SQLColumnExpression, Table, null, select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import transactions
from storage.models import Ban, Base, Chat, ChatGuest, Expansion, Person, Photo, Piece

# Tables with one row per person, and the column of the person's id. A private chat has the id of its person.
OWN = {Person.__table__: Person.id, Chat.__table__: Chat.id, Ban.__table__: Ban.id}


@dataclass(frozen=True)
class Owned:
    """A picture of a person. Both ids are None for what was sent or cut out."""

    maker: int | None = None  # the expansion that made it
    master: int | None = None  # the photo, if it is one in pieces


async def export(engine: AsyncEngine, person_id: int) -> dict[str, list[dict[str, Any]]]:
    """Return the person's rows of every table. Columns keep their names."""
    rows: dict[str, list[dict[str, Any]]] = {}
    async with transactions(engine).read() as session:
        for table in Base.metadata.sorted_tables:
            whose = _whose(table)
            if whose is not None:
                found = await session.execute(select(table).where(whose == person_id).order_by(*table.primary_key))
                rows[table.name] = [{name: _plain(value) for name, value in row.items()} for row in found.mappings()]
    return rows


async def pictures(engine: AsyncEngine, person_id: int) -> dict[str, Owned]:
    """Return a person's photos, sent or made, the previews of their expansions, and their guests, by blob.

    A master in pieces has the blob of its last one. Its pieces are not pictures by themselves, and other masters may
    have the same last piece, such as an evenly white one. The names of these contain the id of the photo, too.
    """
    masters = select(Piece.photo_id).where(Piece.photo_id == Photo.id, Piece.position == 0).scalar_subquery()
    photos = select(Photo.blob, Expansion.id, masters).outerjoin(Expansion, Expansion.result_id == Photo.id)
    shown = select(Expansion.preview, Expansion.id, null())
    found: dict[str, Owned] = {}
    async with transactions(engine).read() as session:
        for asked in (
            photos.where(Photo.person_id == person_id).order_by(Photo.id),
            shown.where(Expansion.person_id == person_id).order_by(Expansion.id),
        ):
            for blob, maker, master in await session.execute(asked):
                if blob is None:
                    continue
                if master is not None and blob in found:
                    found[_numbered(blob, master)] = Owned(maker, master)
                elif blob not in found or found[blob].maker is None:
                    found[blob] = Owned(maker, master)
        for blob in await session.scalars(select(ChatGuest.blob).where(ChatGuest.person_id == person_id)):
            found.setdefault(blob, Owned())
    return found


def _numbered(blob: str, photo_id: int) -> str:
    path = PurePosixPath(blob)
    return str(path.with_stem(f"{path.stem}-{photo_id}"))


def _whose(table: Table) -> SQLColumnExpression[int] | None:
    own = OWN.get(table)
    return own if own is not None else table.columns.get("person_id")


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
