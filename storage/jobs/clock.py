"""The clock that leases are reckoned by: the database's, because the clocks of several machines differ."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Interval, func, literal, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Moment, now


def from_now(session: AsyncSession, wait: timedelta = timedelta()) -> ColumnElement[datetime]:
    """The moment that is so far ahead. SQLite is on one machine, so its clock is this program's."""
    if session.get_bind().dialect.name == "postgresql":
        return type_coerce(func.clock_timestamp() + literal(wait, Interval()), Moment())
    return literal(now() + wait, Moment())
