"""Add moderation, the safety verdict, and the position of each gallery message"""

import sqlalchemy as sa
from alembic import op

from storage.models import Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor", sa.BigInteger(), nullable=True),
        sa.Column(
            "act",
            sa.Enum("withhold", "keep", "hide", "delete", "ban", "unban", name="act", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_log_target"), ["target"], unique=False)

    op.create_table(
        "bans",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bans")),
    )
    op.create_table(
        "reports",
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum("sexual", "violent", "hateful", "private", "other", name="reason", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.Column("settled_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_reports_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_reports_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "person_id", name=op.f("pk_reports")),
    )
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.create_index(
            "ix_reports_open",
            ["post_id"],
            unique=False,
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_reports_person_id"), ["person_id"], unique=False)

    with op.batch_alter_table("expansions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("verdict", sa.String(length=16), nullable=False, server_default="safe"))

    with op.batch_alter_table("galleries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("period", sa.String(length=16), nullable=False, server_default="all"))
        batch_op.add_column(sa.Column("score", sa.Double(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("before", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("galleries", schema=None) as batch_op:
        batch_op.drop_column("before")
        batch_op.drop_column("score")
        batch_op.drop_column("period")

    with op.batch_alter_table("expansions", schema=None) as batch_op:
        batch_op.drop_column("verdict")

    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reports_person_id"))
        batch_op.drop_index(
            "ix_reports_open",
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        )

    op.drop_table("reports")
    op.drop_table("bans")
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_log_target"))

    op.drop_table("audit_log")
