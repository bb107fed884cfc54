"""Add steps that follow each other by themselves, and which panels follow a recipe"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("expansions", sa.Column("steps", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.create_table(
        "recipe_panels",
        sa.Column("panel_id", KEY, autoincrement=False, nullable=False),
        sa.Column("post_id", KEY, nullable=False),
        *[
            sa.ForeignKeyConstraint(
                [f"{one}_id"], [f"{one}s.id"], name=op.f(f"fk_recipe_panels_{one}_id"), ondelete="CASCADE"
            )
            for one in ("panel", "post")
        ],
        sa.PrimaryKeyConstraint("panel_id", name=op.f("pk_recipe_panels")),
    )
    op.create_index(op.f("ix_recipe_panels_post_id"), "recipe_panels", ["post_id"])


def downgrade() -> None:
    op.drop_table("recipe_panels")
    op.drop_column("expansions", "steps")  # not in a batch, which would replace the table and cascade to its rows
