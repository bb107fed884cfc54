"""The clock of leases: the database server's, because the clocks of several machines differ."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Interval, func, literal, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Moment, now


def from_now(session: AsyncSession, wait: timedelta = timedelta()) -> ColumnElement[datetime]:
    """Return the moment `wait` from now. SQLite is used by one machine only, so the program's clock serves there."""
    if session.get_bind().dialect.name == "postgresql":
        return type_coerce(func.clock_timestamp() + literal(wait, Interval()), Moment())
    return literal(now() + wait, Moment())
