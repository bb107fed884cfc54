"""Chains of expansions, as queries: what leads to an expansion, and what contains a person's pictures."""

from __future__ import annotations

from functools import cache

from sqlalchemy import CTE, ColumnElement, Select, bindparam, literal, or_, select
from sqlalchemy.orm import aliased

from storage.models import Appearance, ChatGuest, Expansion, Photo


@cache  # to build a recursive query takes longer than to run it
def ancestors() -> Select[Expansion]:
    """Select the expansions that lead to the one whose id is the parameter `last`, from the root to that one."""
    link = select(Expansion.id, Expansion.source_id, literal(0).label("age")).where(Expansion.id == bindparam("last"))
    chain = link.cte("ancestors", recursive=True)
    parent = aliased(Expansion)
    above = select(parent.id, parent.source_id, chain.c.age + 1).join(chain, parent.result_id == chain.c.source_id)
    chain = chain.union_all(above)
    return select(Expansion).join(chain, Expansion.id == chain.c.id).order_by(chain.c.age.desc())


def containing(person_id: int) -> CTE:
    """Select the ids of all expansions that a person made, or whose chain contains a picture or a guest of theirs."""
    photos = select(Photo.id).where(Photo.person_id == person_id)
    guests = select(ChatGuest.id).where(ChatGuest.person_id == person_id)
    return _and_onward(or_(Expansion.person_id == person_id, Expansion.source_id.in_(photos), _shows(guests)))


def showing(guest_id: int) -> CTE:
    """Select the ids of all expansions whose chain shows a guest."""
    return _and_onward(_shows(select(ChatGuest.id).where(ChatGuest.id == guest_id)))


def _shows(guests: Select[int]) -> ColumnElement[bool]:
    return Expansion.id.in_(select(Appearance.expansion_id).where(Appearance.guest_id.in_(guests)))


def _and_onward(which: ColumnElement[bool]) -> CTE:
    """Select the ids and results of some expansions, and of all that continue from them."""
    tree = select(Expansion.id, Expansion.result_id).where(which).cte("containing", recursive=True)
    child = aliased(Expansion)
    return tree.union(select(child.id, child.result_id).join(tree, child.source_id == tree.c.result_id))
