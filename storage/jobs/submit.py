"""The transaction that starts expansions after a tap."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import hold
from storage.jobs.expansions import enqueue
from storage.jobs.invitations import invite
from storage.jobs.quota import spend
from storage.models import Expansion, Panel


async def begin(
    session: AsyncSession,
    expansions: list[Expansion],
    panel: tuple[int, int] | None,
    result: tuple[int, int] | None,
    quota: int | None,
    priority: int,
) -> list[Expansion] | None:
    """Add one person's expansions to the queue as one turn. Returns None if the tap is outdated.

    The caller then rolls the transaction back. Raises QuotaSpent.
    """
    person_id = expansions[0].person_id
    await hold(session, person_id)
    if not await _fresh(session, expansions, panel, result):
        return None
    await spend(session, person_id, len(expansions), quota)
    session.add_all(expansions)
    await session.flush()
    await invite(session, expansions)
    await enqueue(session, expansions, priority)
    whole = select(Expansion).where(Expansion.id.in_([expansion.id for expansion in expansions]))
    whole = whole.order_by(Expansion.variant, Expansion.id).execution_options(populate_existing=True)
    return list(await session.scalars(whole))


async def _fresh(
    session: AsyncSession, expansions: list[Expansion], panel: tuple[int, int] | None, result: tuple[int, int] | None
) -> bool:
    """Increment the revisions that the tap named. Returns False if an earlier tap has done so."""
    known = select(Expansion.id).where(Expansion.key.in_([expansion.key for expansion in expansions]))
    if await session.scalar(known.limit(1)) is not None:
        return False
    raises = []
    if panel is not None:
        this = (Panel.id == panel[0], Panel.revision == panel[1])
        raises.append(update(Panel).where(*this).values(revision=Panel.revision + 1).returning(Panel.id))
    if result is not None:
        that = (Expansion.id == result[0], Expansion.rerolls == result[1])
        raises.append(update(Expansion).where(*that).values(rerolls=Expansion.rerolls + 1).returning(Expansion.id))
    return all([(await session.execute(statement)).first() is not None for statement in raises])
