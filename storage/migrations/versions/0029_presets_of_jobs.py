"""Let jobs name the preset that is to paint them, so that workers of several presets share one queue"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("preset", sa.String(length=100), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("jobs", "preset")
