"""Galleries and impressions: which posts a person has seen, and in which message."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Key
from storage.models.moment import Moment, now


class Impression(Base):
    """One person has seen one post. There is one row per pair."""

    __tablename__ = "impressions"

    # the person comes first, so that one person's rows are adjacent, however many posts there are
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True, index=True)
    number: Mapped[int]  # orders a person's impressions by the latest showing; ◀ follows it
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    __table_args__ = (Index("uq_impressions_number", "person_id", "number", unique=True),)


class Gallery(Base):
    """One /gallery message: its owner, its order, and the post that it shows."""

    __tablename__ = "galleries"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    chat_id: Mapped[int] = mapped_column(BigInteger)
    message_id: Mapped[int | None]
    sort: Mapped[str] = mapped_column(String(16), default="surprising")
    period: Mapped[str] = mapped_column(String(16), default="all")
    score: Mapped[float] = mapped_column(default=0.0)  # of the post when shown: later votes do not move the place
    before: Mapped[bool] = mapped_column(default=False)  # true if it shows the image without its new part
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="SET NULL"), index=True)
    steps_back: Mapped[int] = mapped_column(default=0)  # how often ◀ was tapped, so that ▶ returns the same way
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    __table_args__ = (Index("ix_galleries_message", "chat_id", "message_id"),)
