"""Fold the choices of panels, and remember who unfolds them and who has met the styles"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("panels", sa.Column("unfolded", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("people", sa.Column("adjusts", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("people", sa.Column("met_styles", sa.Boolean(), nullable=False, server_default=sa.false()))
    met = sa.text("UPDATE people SET met_styles = :yes WHERE id IN (SELECT person_id FROM expansions)")
    op.get_bind().execute(met, {"yes": True})


def downgrade() -> None:
    op.drop_column("people", "met_styles")
    op.drop_column("people", "adjusts")  # not in a batch, which would replace the table and cascade to its rows
    op.drop_column("panels", "unfolded")
