"""Add films with their requests, leases and deliveries"""

import sqlalchemy as sa
from alembic import op

from storage.models import Moment

revision = "0007"
down_revision = "0006"

OPEN = sa.text("status IN ('waiting', 'running')")
PLACED = sa.text("message_id IS NOT NULL")
STATUSES = ("waiting", "running", "done", "failed", "cancelled")


def upgrade() -> None:
    op.create_table(
        "films",
        sa.Column("expansion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Enum("zoom", "loop", name="filmkind", native_enum=False, length=16), nullable=False),
        sa.Column("status", sa.Enum(*STATUSES, name="status", native_enum=False, length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", Moment(timezone=True), nullable=True),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("asked_at", Moment(timezone=True), nullable=False),
        sa.Column("file_id", sa.String(length=256), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("chat_id", sa.BigInteger(), nullable=True),
        sa.Column("thread_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["expansion_id"], ["expansions.id"], name=op.f("fk_films_expansion_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_films_person_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("expansion_id", "kind", name=op.f("pk_films")),
    )
    op.create_index("ix_films_open", "films", ["asked_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_films_placed", "films", ["message_id"], sqlite_where=PLACED, postgresql_where=PLACED)
    op.create_index(op.f("ix_films_person_id"), "films", ["person_id"])
    op.drop_column("expansions", "film_file_id")  # not in a batch, which would create the table and its indexes again


def downgrade() -> None:
    op.add_column("expansions", sa.Column("film_file_id", sa.String(length=256), nullable=True))
    op.drop_table("films")
