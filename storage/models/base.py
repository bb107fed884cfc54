"""What every table is made of."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Enum, Integer, MetaData, text
from sqlalchemy.orm import DeclarativeBase

Key = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in an INTEGER key


class Base(DeclarativeBase):
    # named, so that a later migration can change a constraint on any database
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )


def one_of(enum: type[StrEnum]) -> Enum:
    """Values, not names, in a plain text column: a new member needs no migration of a native type."""
    return Enum(enum, native_enum=False, length=16, values_callable=lambda members: [m.value for m in members])


def only(condition: str) -> dict[str, Any]:
    """The arguments that make an index partial on either database."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}
