"""Add guests, which published photos send into other pictures of a chat, and which expansions show them"""

import sqlalchemy as sa
from alembic import op

from storage.models import Moment

revision = "0027"
down_revision = "0026"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "chat_guests",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("post_id", NUMBER, nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("blob", sa.String(128), nullable=False),
        sa.Column("welcome", sa.Boolean(), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        _link("chat_guests", "post_id", "posts.id", "SET NULL"),
        _link("chat_guests", "person_id", "people.id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_guests")),
        sa.UniqueConstraint("post_id", name=op.f("uq_chat_guests_post_id")),
    )
    op.create_index(op.f("ix_chat_guests_person_id"), "chat_guests", ["person_id"])
    op.create_index(op.f("ix_chat_guests_blob"), "chat_guests", ["blob"])
    still = sa.text("welcome")
    op.create_index(
        "ix_chat_guests_welcome", "chat_guests", ["chat_id", "id"], sqlite_where=still, postgresql_where=still
    )
    op.create_table(
        "appearances",
        sa.Column("expansion_id", NUMBER, nullable=False),
        sa.Column("guest_id", NUMBER, nullable=False),
        _link("appearances", "expansion_id", "expansions.id", "CASCADE"),
        _link("appearances", "guest_id", "chat_guests.id", "CASCADE"),
        sa.PrimaryKeyConstraint("expansion_id", "guest_id", name=op.f("pk_appearances")),
    )
    op.create_index(op.f("ix_appearances_guest_id"), "appearances", ["guest_id"])
    op.add_column("expansions", sa.Column("guests", sa.JSON(none_as_null=True), nullable=True))


def _link(table: str, column: str, to: str, gone: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}"), ondelete=gone)


def downgrade() -> None:
    op.drop_column("expansions", "guests")  # not in a batch, which would replace the table and cascade to its rows
    op.drop_table("appearances")
    op.drop_table("chat_guests")
