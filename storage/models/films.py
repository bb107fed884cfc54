"""Films of expansions: the jobs that make them, and the message that waits for each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, one_of, only
from storage.models.expansions import Status
from storage.models.moment import Moment, now

OPEN = "status IN ('waiting', 'running')"


class FilmKind(StrEnum):
    ZOOM = "zoom"  # from the first photo outwards, through every step of its chain
    LOOP = "loop"  # the last step alone: before, after, before

    def movie(self, picture: str) -> str:
        """Where the film is kept: beside the blob of its expansion's picture, with which it goes."""
        return f"{picture}.{self}.mp4"

    def poster(self, picture: str) -> str:
        """Where its first frame is kept, a JPEG."""
        return f"{picture}.{self}.jpg"


class Film(Base):
    """One film of one expansion; where it is shown first, while somebody waits there."""

    __tablename__ = "films"

    expansion_id: Mapped[int] = mapped_column(ForeignKey("expansions.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[FilmKind] = mapped_column(one_of(FilmKind), primary_key=True)
    status: Mapped[Status] = mapped_column(one_of(Status), default=Status.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(64))  # the fencing token
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    progress: Mapped[float] = mapped_column(default=0.0)
    asked_at: Mapped[datetime] = mapped_column(Moment, default=now)
    file_id: Mapped[str | None] = mapped_column(String(256))  # Telegram's
    # who waits for it, and the message that is to become it; all empty once it is there
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    chat_id: Mapped[int | None] = mapped_column(BigInteger)
    thread_id: Mapped[int | None]
    message_id: Mapped[int | None]

    __table_args__ = (
        Index("ix_films_open", "asked_at", **only(OPEN)),
        Index("ix_films_placed", "message_id", **only("message_id IS NOT NULL")),
    )
