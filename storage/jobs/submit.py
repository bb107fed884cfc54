"""The transaction that starts expansions after a tap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import hold
from storage.jobs.expansions import enqueue
from storage.jobs.invitations import invite
from storage.jobs.quota import spend
from storage.models import Expansion, Panel


@dataclass(frozen=True)
class Started:
    """The expansions that one tap has started, and how many more the person's quota allows; None without a limit."""

    expansions: tuple[Expansion, ...]
    left: int | None = None

    def __iter__(self) -> Iterator[Expansion]:
        return iter(self.expansions)

    def __getitem__(self, number: int) -> Expansion:
        return self.expansions[number]

    def __len__(self) -> int:
        return len(self.expansions)


async def begin(
    session: AsyncSession,
    expansions: list[Expansion],
    panel: tuple[int, int] | None,
    result: tuple[int, int] | None,
    quota: int | None,
    priority: int,
    presets: Mapping[str, str],
) -> Started | None:
    """Add one person's expansions to the queue as one turn. Returns None if the tap is outdated.

    The caller then rolls the transaction back. Raises QuotaSpent.
    """
    person_id = expansions[0].person_id
    await hold(session, person_id)
    if not await _fresh(session, expansions, panel, result):
        return None
    left = await spend(session, person_id, sum(1 + one.following for one in expansions), quota)
    session.add_all(expansions)
    await session.flush()
    await invite(session, expansions)
    await enqueue(session, expansions, priority, presets)
    whole = select(Expansion).where(Expansion.id.in_([expansion.id for expansion in expansions]))
    whole = whole.order_by(Expansion.variant, Expansion.id).execution_options(populate_existing=True)
    return Started(tuple(await session.scalars(whole)), left)


async def _fresh(
    session: AsyncSession, expansions: list[Expansion], panel: tuple[int, int] | None, result: tuple[int, int] | None
) -> bool:
    """Raise the revisions that the tap named. Returns False if this start was made before, or if they never existed.

    Several buttons have the same revision, so an older one is no double tap: the keys tell which start was made. All
    rows of one start bear its key, either as their own or as their batch's.
    """
    causes = {expansion.batch or expansion.key for expansion in expansions}
    made = select(Expansion.id).where(or_(Expansion.key.in_(causes), Expansion.batch.in_(causes)))
    if await session.scalar(made.limit(1)) is not None:
        return False
    raises = []
    if panel is not None:
        raised = case((Panel.revision > panel[1], Panel.revision), else_=panel[1] + 1)
        this = (Panel.id == panel[0], Panel.revision >= panel[1])
        raises.append(update(Panel).where(*this).values(revision=raised).returning(Panel.id))
    if result is not None:
        raised = case((Expansion.rerolls > result[1], Expansion.rerolls), else_=result[1] + 1)
        that = (Expansion.id == result[0], Expansion.rerolls >= result[1])
        raises.append(update(Expansion).where(*that).values(rerolls=raised).returning(Expansion.id))
    return all([(await session.execute(statement)).first() is not None for statement in raises])
