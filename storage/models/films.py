"""Films of expansions: which there are, and the message that waits for each."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, one_of
from storage.models.jobs import Status


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
    """One film of one expansion; where it is shown first, while somebody waits there. Its job has the same kind."""

    __tablename__ = "films"

    expansion_id: Mapped[int] = mapped_column(ForeignKey("expansions.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[FilmKind] = mapped_column(one_of(FilmKind), primary_key=True)
    status: Mapped[Status] = mapped_column(one_of(Status), default=Status.WAITING)  # `waiting` until it has ended
    file_id: Mapped[str | None] = mapped_column(String(256))  # Telegram's
    # who waits for it, and the message that is to become it; all empty once it is there
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    chat_id: Mapped[int | None] = mapped_column(BigInteger)
    thread_id: Mapped[int | None]
    message_id: Mapped[int | None]
