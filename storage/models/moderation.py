"""Reports, bans and the audit log."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Key, one_of, only
from storage.models.moment import Moment, now


class Reason(StrEnum):
    """Why a person reports a post."""

    SEXUAL = "sexual"
    VIOLENT = "violent"
    HATEFUL = "hateful"
    PRIVATE = "private"  # shows somebody who did not agree to it
    OTHER = "other"


class Judgement(StrEnum):
    """A moderator's decision about a reported post."""

    KEEP = "keep"
    HIDE = "hide"
    DELETE = "delete"
    BAN = "ban"  # hide all posts of its author and ban them


class Act(StrEnum):
    """The kinds of entry in the audit log."""

    WITHHOLD = "withhold"  # done automatically when reports reach the threshold
    KEEP = "keep"
    HIDE = "hide"
    DELETE = "delete"
    BAN = "ban"
    UNBAN = "unban"


class Report(Base):
    """One person reported one post. There is one row per pair."""

    __tablename__ = "reports"

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True)
    reason: Mapped[Reason] = mapped_column(one_of(Reason))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)  # when a moderator judged it

    __table_args__ = (Index("ix_reports_open", "post_id", **only("settled_at IS NULL")),)


class Ban(Base):
    """A banned person or chat (negative id). It is kept after «forget me», which would otherwise lift the ban."""

    __tablename__ = "bans"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class AuditEntry(Base):
    """Who did what to what, and when. An entry is never changed, and names people by id only."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    actor: Mapped[int | None] = mapped_column(BigInteger)  # None: the reports reached the threshold
    act: Mapped[Act] = mapped_column(one_of(Act))
    target: Mapped[str] = mapped_column(String(64), index=True)  # «post 7», «person 5», «chat -100»
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
