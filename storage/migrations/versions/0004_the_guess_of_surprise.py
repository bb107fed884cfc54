"""Add the estimated surprise to expansions"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("expansions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("surprise", sa.Double(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("expansions", schema=None) as batch_op:
        batch_op.drop_column("surprise")
