"""Let several programs share the inbox: a person's updates are claimed together by one of them"""

import sqlalchemy as sa
from alembic import op

from storage.models import Moment, only

revision = "0028"
down_revision = "0027"

OPEN = only("handled_at IS NULL")


def upgrade() -> None:
    op.add_column("inbox", sa.Column("person", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("inbox", sa.Column("owner", sa.String(length=16), nullable=True))
    op.add_column("inbox", sa.Column("until", Moment(), nullable=True))
    op.drop_index("ix_inbox_open", "inbox")
    op.create_index("ix_inbox_open", "inbox", ["person", "update_id"], **OPEN)


def downgrade() -> None:
    op.drop_index("ix_inbox_open", "inbox")
    op.create_index("ix_inbox_open", "inbox", ["update_id"], **OPEN)
    for name in ("until", "owner", "person"):
        op.drop_column("inbox", name)
