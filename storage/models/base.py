"""The base of all tables, and column types that they share."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Enum, Integer, MetaData, text
from sqlalchemy.orm import DeclarativeBase

Key = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows automatically only in an INTEGER key


class Base(DeclarativeBase):
    """The base class of all tables."""

    # constraints get names, so that a later migration can change them on any database
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )


def one_of(enum: type[StrEnum]) -> Enum:
    """Return a text column type for an enum's values. It is no native enum, so a new member needs no migration."""
    return Enum(enum, native_enum=False, length=16, values_callable=lambda members: [m.value for m in members])


def only(condition: str) -> dict[str, Any]:
    """Return the arguments that make an index partial on either database."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}
