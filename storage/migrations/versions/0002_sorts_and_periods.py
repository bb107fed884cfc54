"""Add the gallery's sorts and periods"""

import random

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INDEXES = {
    "ix_posts_top": ["top", "id"],
    "ix_posts_hot": ["hot", "id"],
    "ix_posts_random": ["random", "id"],
    "ix_posts_day_surprise": ["day", "surprise", "id"],
    "ix_posts_day_top": ["day", "top", "id"],
}
LIVE = {"sqlite_where": sa.text("status = 'live'"), "postgresql_where": sa.text("status = 'live'")}


def upgrade() -> None:
    with op.batch_alter_table("posts", schema=None) as batch_op:
        for name in ("top", "hot", "random"):
            batch_op.add_column(sa.Column(name, sa.Double(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("day", sa.Integer(), nullable=False, server_default="0"))
    _fill()
    with op.batch_alter_table("posts", schema=None) as batch_op:
        for name in ("top", "hot", "random", "day"):
            batch_op.alter_column(name, server_default=None)
        for index, columns in INDEXES.items():
            batch_op.create_index(index, columns, unique=False, **LIVE)


def downgrade() -> None:
    with op.batch_alter_table("posts", schema=None) as batch_op:
        for index in INDEXES:
            batch_op.drop_index(index, **LIVE)
        for name in ("day", "random", "hot", "top"):
            batch_op.drop_column(name)


def _fill() -> None:
    """Give existing posts a day, a random number and their scores."""
    from storage.gallery.votes import COUNTED, scores
    from storage.models import Post, day_of

    connection = op.get_bind()
    facts = [Post.id, Post.created_at, Post.prior, *COUNTED]
    for post in connection.execute(sa.select(*facts)).all():
        counts = {column.key: getattr(post, column.key) for column in COUNTED}
        filled = scores(counts, post.prior, post.created_at)
        filled |= {"random": random.random(), "day": day_of(post.created_at)}
        connection.execute(sa.update(Post).where(Post.id == post.id).values(filled))
