"""Add drawn words, recipes and results at twice the size to expansions"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("expansions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("words", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("recipe", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("doubles", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("expansions", schema=None) as batch_op:
        batch_op.drop_column("doubles")
        batch_op.drop_column("recipe")
        batch_op.drop_column("words")
