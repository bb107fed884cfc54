"""Keep a register of marks of origin"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "marks",
        sa.Column("expansion_id", KEY, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("watermarked", sa.Boolean(), nullable=False),
        sa.Column("labelled", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("result", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["expansion_id"], ["expansions.id"], name=op.f("fk_marks_expansion_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_marks_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("expansion_id", name=op.f("pk_marks")),
    )
    for column in ("person_id", "number", "result"):
        op.create_index(op.f(f"ix_marks_{column}"), "marks", [column])


def downgrade() -> None:
    op.drop_table("marks")
