"""The search index of the gallery: which posts have which letters in their titles, and which words they drew."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base


class SearchKey(Base):
    """A post can be found by a key: one or two neighbouring characters of its title, or the id of a drawn word.

    Pairs of characters make an index of substrings that works in every script and on every database.
    """

    __tablename__ = "search_keys"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)  # «猫», «猫的», or «word:rubber-duck»
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True, index=True)
