"""The register of marks: what proves where a picture came from."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base
from storage.models.expansions import Expansion


class Mark(Base):
    """The marks of one finished expansion. The row goes with its expansion."""

    __tablename__ = "marks"

    expansion_id: Mapped[int] = mapped_column(ForeignKey("expansions.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    number: Mapped[str] = mapped_column(String(16), index=True)  # hexadecimal; the payload of the watermark
    watermarked: Mapped[bool]  # whether the pixels carry the number
    labelled: Mapped[bool]  # whether a visible label is drawn into the pixels
    fingerprint: Mapped[str] = mapped_column(String(16))  # the perceptual hash of the result, hexadecimal
    source: Mapped[str] = mapped_column(String(64))  # the SHA-256 of the source's pixels
    result: Mapped[str] = mapped_column(String(64), index=True)  # the SHA-256 of the master's pixels

    expansion: Mapped[Expansion] = relationship(lazy="joined", innerjoin=True)
