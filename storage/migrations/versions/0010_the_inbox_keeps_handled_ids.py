"""Keep the ids of handled updates for a day, so that an update that is delivered twice is handled once"""

import sqlalchemy as sa
from alembic import op

from storage.models import Moment, only

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("inbox", sa.Column("handled_at", Moment(), nullable=True))
    op.add_column("inbox", sa.Column("effective", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_inbox_open", "inbox", ["update_id"], **only("handled_at IS NULL"))
    op.create_index("ix_inbox_handled_at", "inbox", ["handled_at"])


def downgrade() -> None:
    op.execute("DELETE FROM inbox WHERE handled_at IS NOT NULL")
    op.drop_index("ix_inbox_handled_at", "inbox")
    op.drop_index("ix_inbox_open", "inbox")
    op.drop_column("inbox", "effective")
    op.drop_column("inbox", "handled_at")
