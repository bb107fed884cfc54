"""Guests: cut-outs from published photos that may walk into other pictures of the same chat."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Key, only
from storage.models.moment import Moment, now


class ChatGuest(Base):
    """The subject of a published photo. Its author lets it walk into other pictures of one chat.

    The row stays after the author has withdrawn that, as long as pictures show the guest.
    """

    __tablename__ = "chat_guests"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    # None once the post is gone: then the guest walks into nothing new
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="SET NULL"), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    chat_id: Mapped[int] = mapped_column(BigInteger)
    blob: Mapped[str] = mapped_column(String(128), index=True)  # the cut-out, a transparent WebP
    welcome: Mapped[bool] = mapped_column(default=True)  # whether it may still walk into new pictures
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    __table_args__ = (Index("ix_chat_guests_welcome", "chat_id", "id", **only("welcome")),)


class Appearance(Base):
    """A guest was offered to an expansion. When that is done, only the guests that it shows keep their rows."""

    __tablename__ = "appearances"

    expansion_id: Mapped[int] = mapped_column(ForeignKey("expansions.id", ondelete="CASCADE"), primary_key=True)
    guest_id: Mapped[int] = mapped_column(
        ForeignKey("chat_guests.id", ondelete="CASCADE"), primary_key=True, index=True
    )
