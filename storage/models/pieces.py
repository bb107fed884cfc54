"""The pieces of masters."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base


class Piece(Base):
    """A lossless image that covers a part of a master, and no pixel that another piece covers.

    A master in pieces has these rows: first those of the photo, then those that each step has painted around it. A
    master that is one file has none, and `Photo.blob` is that file. Several masters may name the same blob, but each
    names all of its own, so that none needs the rows of another.
    """

    __tablename__ = "pieces"

    photo_id: Mapped[int] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    blob: Mapped[str] = mapped_column(String(128), index=True)
    left: Mapped[int]  # of its top left pixel on the master, in px
    top: Mapped[int]
