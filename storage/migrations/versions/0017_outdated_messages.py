"""Note which messages are to be redrawn, so that a restart does not forget them"""

import sqlalchemy as sa
from alembic import op

from storage.models import Moment, only

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("messages", sa.Column("outdated_at", Moment(), nullable=True))
    op.create_index("ix_messages_outdated", "messages", ["outdated_at"], **only("outdated_at IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_messages_outdated", "messages")
    op.drop_column("messages", "outdated_at")
