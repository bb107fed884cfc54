"""Blobs that may have to be deleted, and how far the search for forgotten ones has come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Key
from storage.models.moment import Moment


class BlobNote(Base):
    """A blob that is deleted at `due` unless a row names it then. A later note of the same key postpones that.

    Whoever deletes rows writes notes that are due at once. Whoever stores a blob writes one that is due later, and
    deletes it together with writing the row, so that a crash between the two leaves no blob.
    """

    __tablename__ = "blob_notes"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(160), index=True)
    due: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime | None] = mapped_column(Moment)  # until then, a program is deleting the blob

    __table_args__ = (Index("ix_blob_notes_due", "due", "id"),)


class BlobSweep(Base):
    """Cleaning that one program of all does at a time; `owner` and `until` are a lease.

    One row is the search of the store for blobs that no row names, and one the retention period, whose `until` tells
    when somebody is to look again.
    """

    __tablename__ = "blob_sweeps"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    cursor: Mapped[str] = mapped_column(String(16), default="")  # the last folder searched, or the period in days
    owner: Mapped[str | None] = mapped_column(String(64))
    until: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
