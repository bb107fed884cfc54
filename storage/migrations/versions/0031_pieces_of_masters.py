"""Add the pieces of masters, so that a photo is stored once for all its expansions"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pieces",
        sa.Column("photo_id", NUMBER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("blob", sa.String(128), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("top", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name=op.f("fk_pieces_photo_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("photo_id", "position", name=op.f("pk_pieces")),
    )
    op.create_index(op.f("ix_pieces_blob"), "pieces", ["blob"])


def downgrade() -> None:
    op.drop_table("pieces")
