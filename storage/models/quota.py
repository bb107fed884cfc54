"""What remains of deleted expansions for the quota: numbers."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base


class SpentQuota(Base):
    """How many expansions of one hour a person has deleted. It is kept for a day, and outlives the person's row."""

    __tablename__ = "spent_quota"

    person_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # since 1 January 1970, in UTC
    count: Mapped[int]
