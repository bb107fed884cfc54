"""The register of marks: finds the expansion that a picture came from."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import transactions
from storage.models import Mark

LOT = 20_000  # rows that a search by fingerprint reads at a time
MOST = 20  # rows that a search returns


class Register:
    """Reads the marks of finished expansions. The job that makes an expansion writes them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._read, _ = transactions(engine)

    async def of(self, expansion_ids: Sequence[int]) -> dict[int, Mark]:
        """Return the marks of expansions, by id. Those from before the register have none."""
        return {mark.expansion_id: mark for mark in await self._marks(Mark.expansion_id.in_(expansion_ids))}

    async def numbered(self, number: str) -> list[Mark]:
        """Return the marks with a number, newest first. The same request has the same number each time."""
        return await self._marks(Mark.number == number)

    async def exact(self, result: str) -> list[Mark]:
        """Return the marks of the expansions whose master has this hash, newest first."""
        return await self._marks(Mark.result == result)

    async def alike(self, fingerprint: str, most: int) -> list[Mark]:
        """Return the marks whose fingerprints differ in at most `most` bits, the most similar first."""
        wanted, found, last = int(fingerprint, 16), list[tuple[int, int]](), 0
        async with self._read() as session:
            while True:
                page = select(Mark.expansion_id, Mark.fingerprint).where(Mark.expansion_id > last)
                rows = (await session.execute(page.order_by(Mark.expansion_id).limit(LOT))).all()
                found += [(differs, number) for number, text in rows if (differs := _differing(wanted, text)) <= most]
                if len(rows) < LOT:
                    break
                last = rows[-1][0]
        nearest = sorted(found, key=lambda one: (one[0], -one[1]))[:MOST]
        marks = await self.of([number for _, number in nearest])
        return [marks[number] for _, number in nearest if number in marks]

    async def _marks(self, where: ColumnElement[bool]) -> list[Mark]:
        async with self._read() as session:
            return list(await session.scalars(select(Mark).where(where).order_by(Mark.expansion_id.desc())))


def _differing(wanted: int, fingerprint: str) -> int:
    return (wanted ^ int(fingerprint, 16)).bit_count()
