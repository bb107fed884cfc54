"""Posts: published expansions and their ranking in the gallery."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from random import random

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, literal_column
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base, Key, one_of, only
from storage.models.expansions import Expansion
from storage.models.jobs import Job, Status
from storage.models.moment import Moment, day_of, now
from storage.models.people import Person


class PostStatus(StrEnum):
    """Whether a post is visible, and if not, why."""

    LIVE = "live"
    HIDDEN = "hidden"  # by its author, who may publish it again
    REPORTED = "reported"  # withheld by enough reports until a moderator judges
    WITHHELD = "withheld"  # by a moderator; the author cannot publish it again


class Post(Base):
    """A published expansion with the counters and scores that order the gallery."""

    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    expansion_id: Mapped[int] = mapped_column(ForeignKey("expansions.id", ondelete="CASCADE"), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(128), default="")
    folded_title: Mapped[str] = mapped_column(Text, default="", server_default="")  # as search compares it
    status: Mapped[PostStatus] = mapped_column(one_of(PostStatus), default=PostStatus.LIVE)
    impressions: Mapped[int] = mapped_column(default=0)
    laughing: Mapped[int] = mapped_column(default=0)
    mind_blown: Mapped[int] = mapped_column(default=0)
    loving: Mapped[int] = mapped_column(default=0)
    screaming: Mapped[int] = mapped_column(default=0)
    yawning: Mapped[int] = mapped_column(default=0)
    prior: Mapped[float] = mapped_column(default=0.5)  # the machine's guess of the surprise, 0 to 1
    surprise: Mapped[float] = mapped_column(default=0.0)  # upper Wilson bound: what to show next
    top: Mapped[float] = mapped_column(default=0.0)  # lower Wilson bound: what is certainly good
    hot: Mapped[float] = mapped_column(default=0.0)  # never updated; it decays because newer posts start higher
    random: Mapped[float] = mapped_column(default=random)  # 0 to 1, drawn once; a random order starts anywhere in it
    day: Mapped[int] = mapped_column(default=lambda: day_of(now()))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    @property
    def surprised(self) -> int:
        """The number of people who laughed, whose mind was blown, or who screamed."""
        return self.laughing + self.mind_blown + self.screaming

    expansion: Mapped[Expansion] = relationship(lazy="joined", innerjoin=True)
    author: Mapped[Person] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (
        Index("ix_posts_surprise", "surprise", "id", **only("status = 'live'")),
        Index("ix_posts_newest", "id", **only("status = 'live'")),
        Index("ix_posts_top", "top", "id", **only("status = 'live'")),
        Index("ix_posts_hot", "hot", "id", **only("status = 'live'")),
        Index("ix_posts_random", "random", "id", **only("status = 'live'")),
        Index("ix_posts_day_surprise", "day", "surprise", "id", **only("status = 'live'")),
        Index("ix_posts_day_top", "day", "top", "id", **only("status = 'live'")),
    )


def status_is(row: type[Expansion] | type[Post] | type[Job], status: Status | PostStatus) -> ColumnElement[bool]:
    """Compare a status with a literal, not a bound value, so that prepared statements can use a partial index."""
    return row.status == literal_column(f"'{status}'")
