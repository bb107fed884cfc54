"""Add the turns of programs that edit messages in the same chats"""

import sqlalchemy as sa
from alembic import op

from storage.models import Moment

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "turns",
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("until", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "message_id", name=op.f("pk_turns")),
    )


def downgrade() -> None:
    op.drop_table("turns")
