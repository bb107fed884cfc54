"""Photos, and their panels."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base, Key
from storage.models.moment import Moment, now
from storage.models.pieces import Piece


class Photo(Base):
    """An image that a person sent, or the master of an expansion."""

    __tablename__ = "photos"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    blob: Mapped[str] = mapped_column(String(128), index=True)  # the file as sent, or the master, or its last piece
    thumb: Mapped[str] = mapped_column(String(128), index=True)  # a JPEG of at most 640 px, for previews
    width: Mapped[int]
    height: Mapped[int]
    chat_id: Mapped[int | None] = mapped_column(BigInteger)  # the message that contained it; None for a master
    message_id: Mapped[int | None]
    media_group: Mapped[str | None] = mapped_column(String(64))  # the album that contained it
    spoiler: Mapped[bool] = mapped_column(default=False)  # it came under one, and so does all that is made of it
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    pieces: Mapped[list[Piece]] = relationship(order_by=Piece.position, lazy="raise", passive_deletes="all")

    __table_args__ = (
        Index("uq_photos_message", "chat_id", "message_id", unique=True),
        Index("ix_photos_media_group", "chat_id", "media_group"),
    )


class Panel(Base):
    """The choices under a photo. `key` identifies what opened it, so that one cause opens one panel."""

    __tablename__ = "panels"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(96), unique=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    chat_id: Mapped[int] = mapped_column(BigInteger)
    thread_id: Mapped[int | None]  # the forum topic
    message_id: Mapped[int | None]
    direction: Mapped[str] = mapped_column(String(16))
    scale: Mapped[float | None]  # exactly one of scale and ratio is set
    ratio: Mapped[str | None] = mapped_column(String(16))
    style: Mapped[str] = mapped_column(String(16))
    prompt: Mapped[str] = mapped_column(Text, default="")
    chosen_engine: Mapped[str] = mapped_column(String(40), default="", server_default="")  # empty: the style's own
    revision: Mapped[int] = mapped_column(default=0)  # every start raises it by one
    unfolded: Mapped[bool] = mapped_column(default=False, server_default=false())  # it shows directions, scales, ratios
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    photo: Mapped[Photo] = relationship(lazy="joined", innerjoin=True)
