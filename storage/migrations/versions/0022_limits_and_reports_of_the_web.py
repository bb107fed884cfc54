"""Add the rate limits of the web pages, and what visitors report whom nobody knows"""

import sqlalchemy as sa
from alembic import op

from storage.models import Moment, only

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "buckets",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("full_at", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_buckets")),
    )
    op.create_table(
        "web_reports",
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.Column("settled_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_web_reports_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "client", name=op.f("pk_web_reports")),
    )
    op.create_index("ix_web_reports_open", "web_reports", ["post_id"], **only("settled_at IS NULL"))


def downgrade() -> None:
    op.drop_table("web_reports")
    op.drop_table("buckets")
