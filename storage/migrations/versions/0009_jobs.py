"""Move leases, turns and progress from expansions and films into a table of jobs"""

import sqlalchemy as sa
from alembic import op

from storage.models import Moment, only

revision = "0009"
down_revision = "0008"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATUSES = ("waiting", "running", "done", "failed", "cancelled")

# Expansions that wait, run, or have ended but are not shown yet become jobs. So do the expansions of the newest started
# turn, because the next turns are computed from them. An expansion without a message gets an expired lease.
EXPANSIONS = """
INSERT INTO jobs (kind, subject, person_id, status, turn, priority, owner, until, fence, attempts, cancel, progress,
                  error, asked_at, started_at, ended_at, settled_at)
SELECT 'expansion', id, person_id, status, turn, priority,
       CASE WHEN status = 'waiting' AND message_id IS NULL THEN 'placing' ELSE lease_owner END,
       CASE WHEN status = 'waiting' AND message_id IS NULL THEN created_at ELSE lease_until END,
       0, attempts, cancel_asked, progress, error, created_at, started_at, finished_at, delivered_at
FROM expansions
WHERE status IN ('waiting', 'running')
   OR (delivered_at IS NULL AND message_id IS NOT NULL)
   OR (started_at IS NOT NULL AND delivered_at IS NOT NULL AND turn = (
       SELECT max(begun.turn) FROM expansions begun
       WHERE begun.priority = expansions.priority AND begun.started_at IS NOT NULL))
ORDER BY id
"""
FILMS = """
INSERT INTO jobs (kind, subject, person_id, status, turn, priority, owner, until, fence, attempts, cancel, progress,
                  asked_at)
SELECT kind, expansion_id, person_id, status, 0, CASE WHEN message_id IS NULL THEN 0 ELSE 1 END,
       lease_owner, lease_until, 0, attempts, :no, progress, asked_at
FROM films
WHERE status IN ('waiting', 'running') OR message_id IS NOT NULL
ORDER BY asked_at, expansion_id
"""
BACK = """
UPDATE {table} SET status = job.status, attempts = job.attempts, lease_owner = job.owner, lease_until = job.until,
       progress = job.progress{more}
FROM (SELECT * FROM jobs) AS job
WHERE {same}
"""


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Enum(*STATUSES, name="status", native_enum=False, length=16), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("until", Moment(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("cancel", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("asked_at", Moment(timezone=True), nullable=False),
        sa.Column("started_at", Moment(timezone=True), nullable=True),
        sa.Column("ended_at", Moment(timezone=True), nullable=True),
        sa.Column("settled_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_jobs_person_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        postgresql_with={"fillfactor": 70},
    )
    op.execute(EXPANSIONS)
    op.execute(sa.text(FILMS).bindparams(no=False))
    running = only("kind = 'expansion' AND status = 'running'")
    op.create_index("uq_jobs_subject", "jobs", ["kind", "subject"], unique=True)
    op.create_index("uq_jobs_running", "jobs", ["person_id"], unique=True, **running)
    order: list[str | sa.TextClause] = ["kind", "status", sa.text("priority DESC"), "turn", "id"]
    op.create_index("ix_jobs_open", "jobs", order, **only("settled_at IS NULL"))
    op.create_index("ix_jobs_turns", "jobs", ["person_id", "kind", "priority", "turn"])
    op.create_index("ix_jobs_started", "jobs", ["kind", "priority", "turn"], **only("started_at IS NOT NULL"))

    for index in ("waiting", "running", "started", "turn", "undelivered"):
        op.drop_index(f"ix_expansions_{index}", "expansions")
    op.drop_index("uq_expansions_running", "expansions")
    for index in ("open", "placed"):
        op.drop_index(f"ix_films_{index}", "films")
    for table in ("expansions", "films"):
        op.execute(f"UPDATE {table} SET status = 'waiting' WHERE status = 'running'")
        for column in ("attempts", "lease_owner", "lease_until", "progress"):
            op.drop_column(table, column)  # not in a batch, which would create the table and its indexes again
    for column in ("turn", "priority", "cancel_asked"):
        op.drop_column("expansions", column)
    op.drop_column("films", "asked_at")


def downgrade() -> None:
    for table in ("expansions", "films"):
        op.add_column(table, sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
        op.add_column(table, sa.Column("lease_owner", sa.String(length=64), nullable=True))
        op.add_column(table, sa.Column("lease_until", Moment(timezone=True), nullable=True))
        op.add_column(table, sa.Column("progress", sa.Double(), nullable=False, server_default="0"))
    op.add_column("expansions", sa.Column("turn", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("expansions", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("expansions", sa.Column("cancel_asked", sa.Boolean(), nullable=False, server_default=sa.false()))
    longest_ago = sa.text("'1970-01-01 00:00:00'")
    op.add_column("films", sa.Column("asked_at", Moment(timezone=True), nullable=False, server_default=longest_ago))
    more = ", turn = job.turn, priority = job.priority, cancel_asked = job.cancel, started_at = job.started_at"
    same = "job.kind = 'expansion' AND job.subject = expansions.id"
    op.execute(BACK.format(table="expansions", more=more, same=same))
    same = "job.kind = films.kind AND job.subject = films.expansion_id"
    op.execute(BACK.format(table="films", more=", asked_at = job.asked_at", same=same))
    op.drop_table("jobs")
    running, waiting = only("status = 'running'"), only("status = 'waiting'")
    order: list[str | sa.TextClause] = [sa.text("priority DESC"), "turn", "id"]
    op.create_index("ix_expansions_waiting", "expansions", order, **waiting)
    op.create_index("ix_expansions_running", "expansions", ["lease_until"], **running)
    op.create_index("uq_expansions_running", "expansions", ["person_id"], unique=True, **running)
    op.create_index("ix_expansions_started", "expansions", ["priority", "turn"], **only("started_at IS NOT NULL"))
    op.create_index("ix_expansions_turn", "expansions", ["person_id", "turn"])
    op.create_index("ix_expansions_undelivered", "expansions", ["id"], **only("delivered_at IS NULL"))
    op.create_index("ix_films_open", "films", ["asked_at"], **only("status IN ('waiting', 'running')"))
    op.create_index("ix_films_placed", "films", ["message_id"], **only("message_id IS NOT NULL"))
