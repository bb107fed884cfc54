"""Add who wants their next photo expanded as a post was, and who had it done"""

import sqlalchemy as sa
from alembic import op

from storage.models import Moment

revision = "0023"
down_revision = "0022"

POST = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "recipe_wishes",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", POST, nullable=False),
        sa.Column("asked_at", Moment(timezone=True), nullable=False),
        *_keys("recipe_wishes", "person_id"),
    )
    op.create_index(op.f("ix_recipe_wishes_post_id"), "recipe_wishes", ["post_id"])
    op.create_table(
        "recipe_uses",
        sa.Column("post_id", POST, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        *_keys("recipe_uses", "post_id", "person_id"),
    )
    op.create_index(op.f("ix_recipe_uses_person_id"), "recipe_uses", ["person_id"])


def _keys(table: str, *primary: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f(f"fk_{table}_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f(f"fk_{table}_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(*primary, name=op.f(f"pk_{table}")),
    ]


def downgrade() -> None:
    op.drop_table("recipe_uses")
    op.drop_table("recipe_wishes")
