"""Add anonymous counts, and order the key of impressions by person before post"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "anonymous_counts",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("emoji", sa.String(length=32), nullable=False),
        sa.Column("expansion_id", KEY, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["expansion_id"], ["expansions.id"], name=op.f("fk_anonymous_counts_expansion_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("chat_id", "message_id", "emoji", name=op.f("pk_anonymous_counts")),
    )
    with op.batch_alter_table("anonymous_counts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_anonymous_counts_expansion_id"), ["expansion_id"], unique=False)

    key_impressions("person_id", "post_id")
    op.create_index(op.f("ix_impressions_post_id"), "impressions", ["post_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_impressions_post_id"), "impressions")
    key_impressions("post_id", "person_id")
    op.drop_table("anonymous_counts")


def key_impressions(*columns: str) -> None:
    with op.batch_alter_table("impressions", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("pk_impressions"), type_="primary")
        batch_op.create_primary_key(op.f("pk_impressions"), list(columns))
