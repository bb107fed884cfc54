"""The store of panels. Each method is one transaction."""

from __future__ import annotations

from typing import TypedDict, Unpack

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import get_or_add, transactions
from storage.models import Panel


class Choices(TypedDict, total=False):
    """The values that a tap may change in a panel."""

    photo_id: int
    direction: str
    scale: float | None
    ratio: str | None
    style: str
    prompt: str
    chosen_engine: str
    unfolded: bool


class Panels:
    """Reads and writes panels."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._read, self._write = transactions(engine)

    async def open(self, panel: Panel) -> Panel:
        """Store a panel, or return the existing panel with the same `key`, which names what caused it."""
        async with self._write() as session:
            row = await get_or_add(session, panel, Panel.key == panel.key)
            await session.refresh(row)
            return row

    async def panel(self, panel_id: int) -> Panel | None:
        """Return a panel by id, or None if it is gone."""
        async with self._read() as session:
            return await session.get(Panel, panel_id)

    async def of(self, photo_id: int) -> list[Panel]:
        """Return the panels that show a photo."""
        async with self._read() as session:
            return list(await session.scalars(select(Panel).where(Panel.photo_id == photo_id)))

    async def place(self, panel_id: int, message_id: int) -> None:
        """Store the id of the message that shows a panel."""
        async with self._write() as session:
            await session.execute(update(Panel).where(Panel.id == panel_id).values(message_id=message_id))

    async def change(self, panel_id: int, **choices: Unpack[Choices]) -> Panel:
        """Change choices of a panel; scale and ratio exclude each other. Raises NoResultFound if the panel is gone."""
        if choices.get("scale") is not None:
            choices["ratio"] = None
        elif choices.get("ratio") is not None:
            choices["scale"] = None
        async with self._write() as session:
            if choices:
                await session.execute(update(Panel).where(Panel.id == panel_id).values(**choices))
            return await session.get_one(Panel, panel_id)
