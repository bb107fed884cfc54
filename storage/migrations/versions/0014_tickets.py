"""Add the number of the job that carries a row in Procrastinate"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("ticket", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("jobs", "ticket")
