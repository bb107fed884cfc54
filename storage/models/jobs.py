"""Jobs: work that is still to be done, or whose end is still to be shown."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Key, one_of, only
from storage.models.moment import Moment, now


class Status(StrEnum):
    """The life of a job. Live: waiting, running. The rest are final.

    What a job is about (an expansion, a film) knows only whether it has ended: it is waiting until then.
    """

    WAITING = "waiting"  # in the queue, or about to be
    RUNNING = "running"  # leased by a worker
    DONE = "done"  # the result is stored; delivery may still be due
    FAILED = "failed"  # tried as often as allowed
    CANCELLED = "cancelled"

    @property
    def live(self) -> bool:
        """Whether the job may still change: it waits or runs."""
        return self in (Status.WAITING, Status.RUNNING)

    @property
    def final(self) -> bool:
        return not self.live


LIVE_STATUSES = tuple(status for status in Status if status.live)
FINAL_STATUSES = tuple(status for status in Status if status.final)


class Job(Base):
    """One piece of work about one subject (`kind` says in which table), held by at most one program at a time.

    `owner` and `until` are a lease, in every status: a waiting job is held while its message is being sent, a running
    one by the worker that does it, an ended one by the program that shows its end. Whoever takes a lease raises
    `fence`, and writes only while it has not been raised again. A row goes once its end has been shown; the newest of
    a person's expansions stay a little longer, because turns are given by them (`storage/jobs/fairness.py`).

    A beat writes `until` and `progress`, which no index may therefore contain: on PostgreSQL it is then a HOT update.
    """

    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    subject: Mapped[int] = mapped_column(BigInteger)  # the id of the row that it is about
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))  # who waits for it
    status: Mapped[Status] = mapped_column(one_of(Status), default=Status.WAITING)
    turn: Mapped[int] = mapped_column(BigInteger, default=0)  # lower runs first
    priority: Mapped[int] = mapped_column(default=0)  # higher runs first
    owner: Mapped[str | None] = mapped_column(String(64))
    until: Mapped[datetime | None] = mapped_column(Moment)
    fence: Mapped[int] = mapped_column(BigInteger, default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    cancel: Mapped[bool] = mapped_column(default=False)  # asked of the worker that runs it
    progress: Mapped[float] = mapped_column(default=0.0)  # 0 to 1
    error: Mapped[str | None] = mapped_column(Text)  # of the last try, for the operator
    asked_at: Mapped[datetime] = mapped_column(Moment, default=now)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)  # its end has been shown, or concerns nobody

    __table_args__ = (
        Index("uq_jobs_subject", "kind", "subject", unique=True),
        Index("ix_jobs_open", "kind", "status", priority.desc(), turn, "id", **only("settled_at IS NULL")),
        Index("uq_jobs_running", "person_id", unique=True, **only("kind = 'expansion' AND status = 'running'")),
        Index("ix_jobs_turns", "person_id", "kind", "priority", "turn"),
        Index("ix_jobs_started", "kind", "priority", "turn", **only("started_at IS NOT NULL")),
        {"postgresql_with": {"fillfactor": 70}},  # room in each page for the next version of a row
    )
