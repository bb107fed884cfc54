"""Everything that is stored about a person, as plain values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import SQLColumnExpression, Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import transactions
from storage.models import Ban, Base, Chat, ChatGuest, Expansion, Person, Photo

# Tables with one row per person, and the column of the person's id. A private chat has the id of its person.
OWN = {Person.__table__: Person.id, Chat.__table__: Chat.id, Ban.__table__: Ban.id}


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


async def pictures(engine: AsyncEngine, person_id: int) -> dict[str, int | None]:
    """Return the blobs of a person's photos, sent or made, of the previews of their expansions, and of their guests.

    Each comes with the id of the expansion that made it, or with None if it was sent or cut out.
    """
    photos = select(Photo.blob, Expansion.id).outerjoin(Expansion, Expansion.result_id == Photo.id)
    shown = select(Expansion.preview, Expansion.id)
    found: dict[str, int | None] = {}
    async with transactions(engine).read() as session:
        for asked in (
            photos.where(Photo.person_id == person_id).order_by(Photo.id),
            shown.where(Expansion.person_id == person_id).order_by(Expansion.id),
        ):
            for blob, maker in await session.execute(asked):
                if blob is not None:
                    found[blob] = found.get(blob) or maker
        for blob in await session.scalars(select(ChatGuest.blob).where(ChatGuest.person_id == person_id)):
            found.setdefault(blob, None)
    return found


def _whose(table: Table) -> SQLColumnExpression[int] | None:
    own = OWN.get(table)
    return own if own is not None else table.columns.get("person_id")


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
