"""People's reactions to expansions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, one_of
from storage.models.moment import Moment, now


class Feeling(StrEnum):
    """A reaction to an expansion. The value is the emoji, as Telegram writes it."""

    LAUGHING = "🤣"
    MIND_BLOWN = "🤯"
    LOVING = "😍"
    SCREAMING = "😱"
    YAWNING = "🥱"


class Reaction(Base):
    """One person's current reaction to one expansion, by a button or a native reaction."""

    __tablename__ = "reactions"

    expansion_id: Mapped[int] = mapped_column(ForeignKey("expansions.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True)
    feeling: Mapped[Feeling] = mapped_column(one_of(Feeling))
    native_in: Mapped[int | None]  # the message with the native reaction; None for a button
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
