"""Add Telegram's file id of a film"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("expansions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("film_file_id", sa.String(length=256), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("expansions", schema=None) as batch_op:
        batch_op.drop_column("film_file_id")
