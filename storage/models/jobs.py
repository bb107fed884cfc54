"""Jobs: work to be done, and ended work whose end has not been shown yet."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Key, one_of, only
from storage.models.moment import Moment, now


class Status(StrEnum):
    """The life of a job. WAITING and RUNNING are live, and the others are final.

    The subject of a job (an expansion, a film) stays WAITING until its job has ended.
    """

    WAITING = "waiting"  # in the queue, or held until its message is known
    RUNNING = "running"  # leased by a worker
    DONE = "done"  # the result is stored, but may not be delivered yet
    FAILED = "failed"  # there is no result, and it is not tried again
    CANCELLED = "cancelled"

    @property
    def live(self) -> bool:
        """Whether the job may still change, because it waits or runs."""
        return self in (Status.WAITING, Status.RUNNING)

    @property
    def final(self) -> bool:
        """Whether the job has ended."""
        return not self.live


LIVE_STATUSES = tuple(status for status in Status if status.live)
FINAL_STATUSES = tuple(status for status in Status if status.final)


class Job(Base):
    """One piece of work about one subject, leased by at most one program at a time.

    `kind` tells the table of the subject. `owner` and `until` are a lease, and every status has one: a waiting job is
    leased while its message is sent, a running one by its worker, and an ended one by the program that shows its end.
    Taking a lease increments `fence`, and the holder may write only as long as `fence` has not changed since. A row is
    deleted after its end has been shown, but the newest jobs of each person stay longer, because turns are computed
    from them (`storage/jobs/fairness.py`).

    No index contains `until` or `progress`, so that renewing a lease is a HOT update on PostgreSQL.
    """

    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    subject: Mapped[int] = mapped_column(BigInteger)  # the id of the subject's row
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))  # who waits for it
    status: Mapped[Status] = mapped_column(one_of(Status), default=Status.WAITING)
    preset: Mapped[str] = mapped_column(String(100), default="")  # only workers that serve it take the job; "" is any
    turn: Mapped[int] = mapped_column(BigInteger, default=0)  # lower runs first
    priority: Mapped[int] = mapped_column(default=0)  # higher runs first
    owner: Mapped[str | None] = mapped_column(String(64))
    until: Mapped[datetime | None] = mapped_column(Moment)
    fence: Mapped[int] = mapped_column(BigInteger, default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    ticket: Mapped[int | None] = mapped_column(BigInteger)  # the number of its job in Procrastinate, if that carries it
    cancel: Mapped[bool] = mapped_column(default=False)  # tells the worker to stop
    progress: Mapped[float] = mapped_column(default=0.0)  # 0 to 1
    error: Mapped[str | None] = mapped_column(Text)  # of the last attempt, for the operator
    asked_at: Mapped[datetime] = mapped_column(Moment, default=now)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)  # when its end was shown, or had nobody to be shown to

    __table_args__ = (
        Index("uq_jobs_subject", "kind", "subject", unique=True),
        Index("ix_jobs_open", "kind", "status", priority.desc(), turn, "id", **only("settled_at IS NULL")),
        Index("uq_jobs_running", "person_id", unique=True, **only("kind = 'expansion' AND status = 'running'")),
        Index("ix_jobs_turns", "person_id", "kind", "priority", "turn"),
        Index("ix_jobs_started", "kind", "priority", "turn", **only("started_at IS NOT NULL")),
        {"postgresql_with": {"fillfactor": 70}},  # leaves room in each page for HOT updates
    )
