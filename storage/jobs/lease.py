"""Leases: who may write to a running expansion, for how long, and what becomes of one that ends without a result."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, case, false, or_, true

from storage.models import Expansion, Status, now, status_is

ATTEMPTS = 3  # a job that took its worker down this often is not tried again
LEASE = timedelta(seconds=30)


def leased(expansion_id: int, owner: str) -> tuple[ColumnElement[bool], ...]:
    """The fence: true only while the lease is the owner's."""
    return Expansion.id == expansion_id, Expansion.lease_owner == owner, status_is(Expansion, Status.RUNNING)


def given_back(*, tried: bool = True) -> dict[str, object]:
    """What a lease without a result leaves: cancelled if that was asked, else another try while there are any."""
    spent = and_(true() if tried else false(), Expansion.attempts >= ATTEMPTS)
    status = case((Expansion.cancel_asked, Status.CANCELLED), (spent, Status.FAILED), else_=Status.WAITING)
    return {
        "status": status,
        "attempts": Expansion.attempts if tried else Expansion.attempts - 1,
        "finished_at": case((or_(Expansion.cancel_asked, spent), now()), else_=Expansion.finished_at),
        "lease_owner": None,
        "lease_until": None,
    }
