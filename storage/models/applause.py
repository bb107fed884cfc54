"""What authors have heard of the laughter about their posts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base
from storage.models.moment import Moment


class Applause(Base):
    """When an author was last told that people laughed, and whether they want to hear of it. Absent: not yet told."""

    __tablename__ = "applause"

    person_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    told_at: Mapped[datetime | None] = mapped_column(Moment)  # also the moment up to which reactions were told
    muted: Mapped[bool] = mapped_column(default=False)
