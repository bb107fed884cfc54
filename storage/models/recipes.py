"""«Do mine like this»: who wants their next photo expanded as a post was, and who had it done."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base
from storage.models.moment import Moment, now


class RecipeWish(Base):
    """A person wants their next photo in a chat to be expanded as a post was. A newer wish replaces it.

    The row is deleted when the photo comes. A day after it was asked, it is as if it were not there.
    """

    __tablename__ = "recipe_wishes"

    person_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    chat_id: Mapped[int] = mapped_column(BigInteger)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    asked_at: Mapped[datetime] = mapped_column(Moment)


class RecipePanel(Base):
    """A panel has the choices of a post, as long as its row is there: until somebody makes another choice in it."""

    __tablename__ = "recipe_panels"

    panel_id: Mapped[int] = mapped_column(
        ForeignKey("panels.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)


class RecipeUse(Base):
    """A person opened a panel with the choices of somebody else's post. There is one row per pair."""

    __tablename__ = "recipe_uses"

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
