"""Let workers say which presets they serve, so that jobs that nobody serves are noticed"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.add_column("workers", sa.Column("presets", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("workers", "presets")
