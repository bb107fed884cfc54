"""Count neither authors' own votes and views nor those of accounts that praise one author alone"""

from datetime import UTC

import sqlalchemy as sa
from alembic import op

from storage.gallery.votes import scores

revision = "0018"
down_revision = "0017"

LOT = 500  # posts that are changed at once
PARTIAL = """
WITH voted AS (
    SELECT reactions.person_id AS voter, min(posts.person_id) AS author
    FROM reactions JOIN posts ON posts.expansion_id = reactions.expansion_id
    GROUP BY reactions.person_id
    HAVING count(*) >= 10 AND min(posts.person_id) = max(posts.person_id)
)
UPDATE people SET counted = :no WHERE id IN (
    SELECT voter FROM voted WHERE EXISTS (
        SELECT 1 FROM impressions JOIN posts ON posts.id = impressions.post_id
        WHERE impressions.person_id = voter AND posts.person_id NOT IN (author, voter)))
"""
FEELINGS = {"laughing": "🤣", "mind_blown": "🤯", "loving": "😍", "screaming": "😱", "yawning": "🥱"}
VIEWS = """
(SELECT count(*) FROM impressions JOIN people ON people.id = impressions.person_id
 WHERE impressions.post_id = posts.id AND people.counted AND people.id <> posts.person_id) AS impressions
"""
VOTES = """
(SELECT count(*) FROM reactions JOIN people ON people.id = reactions.person_id
 WHERE reactions.expansion_id = posts.expansion_id AND reactions.feeling = '{emoji}' AND people.counted
   AND people.id <> posts.person_id) AS {column}
"""


def upgrade() -> None:
    op.add_column("people", sa.Column("counted", sa.Boolean(), nullable=False, server_default=sa.true()))
    connection = op.get_bind()
    connection.execute(sa.text(PARTIAL), {"no": False})
    counts = [VIEWS, *(VOTES.format(emoji=emoji, column=column) for column, emoji in FEELINGS.items())]
    columns = ("impressions", *FEELINGS)
    posts = sa.text(
        f"SELECT id, prior, created_at, {', '.join(counts)} FROM posts WHERE id > :last ORDER BY id LIMIT {LOT}"
    )
    asked = posts.columns(created_at=sa.DateTime(timezone=True))
    last = 0
    while rows := connection.execute(asked, {"last": last}).mappings().all():
        last = rows[-1]["id"]
        connection.execute(CHANGED, [_changed(row, columns) for row in rows])


POSTS = sa.table("posts", *map(sa.column, ("id", "impressions", *FEELINGS, "surprise", "top", "hot")))
CHANGED = (
    sa.update(POSTS)
    .where(POSTS.c.id == sa.bindparam("this"))
    .values({name: sa.bindparam(f"new_{name}") for name in ("impressions", *FEELINGS, "surprise", "top", "hot")})
)


def _changed(row: sa.RowMapping, columns: tuple[str, ...]) -> dict[str, object]:
    counts = {column: row[column] for column in columns}
    moment = row["created_at"].replace(tzinfo=row["created_at"].tzinfo or UTC)
    values = counts | scores(counts, row["prior"], moment)
    return {"this": row["id"]} | {f"new_{name}": value for name, value in values.items()}


def downgrade() -> None:
    op.drop_column("people", "counted")  # not in a batch, which would replace the table and cascade to its rows
