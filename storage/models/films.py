"""Films of expansions, and the message that waits for each of them."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, one_of
from storage.models.jobs import Status


class FilmKind(StrEnum):
    """The kinds of film that an expansion can have."""

    ZOOM = "zoom"  # from the first photo outwards, through every step of its chain
    LOOP = "loop"  # only the last step: before, after, before

    def movie(self, picture: str) -> str:
        """Return the key of the film's blob, which is derived from the key of the picture and deleted with it."""
        return f"{picture}.{self}.mp4"

    def poster(self, picture: str) -> str:
        """Return the key of the film's first frame, a JPEG."""
        return f"{picture}.{self}.jpg"


class Film(Base):
    """A film of an expansion, and where it will be shown while somebody waits for it. Its job has the same kind."""

    __tablename__ = "films"

    expansion_id: Mapped[int] = mapped_column(ForeignKey("expansions.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[FilmKind] = mapped_column(one_of(FilmKind), primary_key=True)
    status: Mapped[Status] = mapped_column(one_of(Status), default=Status.WAITING)  # `waiting` until it has ended
    file_id: Mapped[str | None] = mapped_column(String(256))  # Telegram's
    # the person who waits for it, and the message that will become the film; all NULL after delivery
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    chat_id: Mapped[int | None] = mapped_column(BigInteger)
    thread_id: Mapped[int | None]
    message_id: Mapped[int | None]
