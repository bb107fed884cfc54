"""Add notes of blobs to delete, the search for forgotten blobs, and what deleted expansions took from the quota"""

import sqlalchemy as sa
from alembic import op

from storage.models import Moment

revision = "0012"
down_revision = "0011"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "blob_notes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("due", Moment(timezone=True), nullable=False),
        sa.Column("until", Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blob_notes")),
    )
    op.create_index(op.f("ix_blob_notes_key"), "blob_notes", ["key"])
    op.create_index("ix_blob_notes_due", "blob_notes", ["due", "id"])
    op.create_table(
        "blob_sweeps",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("cursor", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("until", Moment(timezone=True), nullable=True),
        sa.Column("finished_at", Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_blob_sweeps")),
    )
    op.create_table(
        "spent_quota",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "hour", name=op.f("pk_spent_quota")),
    )


def downgrade() -> None:
    op.drop_table("spent_quota")
    op.drop_table("blob_sweeps")
    op.drop_table("blob_notes")
