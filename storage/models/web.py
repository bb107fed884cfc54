"""What the web pages keep of their visitors: how much they asked for lately, and what strangers reported."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, one_of, only
from storage.models.moderation import Reason
from storage.models.moment import Moment, now


class Bucket(Base):
    """The rate limit of one client. An absent row is a full bucket, so a row may be deleted once it is full."""

    __tablename__ = "buckets"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    full_at: Mapped[float] = mapped_column(Float(53))  # Unix time, in seconds, by the database's clock


class WebReport(Base):
    """A visitor of the web pages whom nobody knows reported a post. There is one row per pair."""

    __tablename__ = "web_reports"

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    client: Mapped[str] = mapped_column(String(64), primary_key=True)  # a keyed hash of the address
    reason: Mapped[Reason] = mapped_column(one_of(Reason))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)  # when a moderator judged the post

    __table_args__ = (Index("ix_web_reports_open", "post_id", **only("settled_at IS NULL")),)
