"""Add the engine that a person chose to panels and expansions"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0024"

TABLES = ("panels", "expansions")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("chosen_engine", sa.String(40), nullable=False, server_default=""))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "chosen_engine")  # not in a batch, which would replace the table and cascade to its rows
