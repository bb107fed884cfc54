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


async def pictures(engine: AsyncEngine, person_id: int) -> list[str]:
    """Return the blobs of a person's photos, sent or made, of the previews of their expansions, and of their guests."""
    async with transactions(engine).read() as session:
        photos = await session.scalars(select(Photo.blob).where(Photo.person_id == person_id).order_by(Photo.id))
        shown = select(Expansion.preview).where(Expansion.person_id == person_id, Expansion.preview.is_not(None))
        previews = await session.scalars(shown.order_by(Expansion.id))
        guests = await session.scalars(select(ChatGuest.blob).where(ChatGuest.person_id == person_id))
        return list(dict.fromkeys([*photos, *(key for key in previews if key is not None), *guests]))


def _whose(table: Table) -> SQLColumnExpression[int] | None:
    own = OWN.get(table)
    return own if own is not None else table.columns.get("person_id")


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
