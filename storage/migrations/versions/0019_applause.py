"""Add what authors have heard of the laughter about their posts"""

import sqlalchemy as sa
from alembic import op

from storage.models import Moment

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "applause",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("told_at", Moment(timezone=True), nullable=True),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_applause_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_applause")),
    )
    op.create_index(op.f("ix_reactions_created_at"), "reactions", ["created_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_reactions_created_at"), table_name="reactions")
    op.drop_table("applause")
